// Package sample adds numbers, and is there to be broken.
package sample

// Sum adds numbers.
func Sum(numbers ...int) int {
	sum := 0
	for i := 0; i < len(numbers); i++ {
		sum += numbers[i]
	}
	return sum
}

// Product multiplies numbers. Its test does not look hard.
func Product(numbers ...int) int {
	product := 1
	for i := 0; i < len(numbers); i++ {
		product *= numbers[i]
	}
	return product
}
