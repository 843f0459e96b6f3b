package sample

import "testing"

func TestSum(t *testing.T) {
	t.Run("three", func(t *testing.T) {
		if got := Sum(1, 2, 3); got != 6 {
			t.Errorf("1+2+3 = %d", got)
		}
	})
}

func TestProduct(t *testing.T) {
	if got := Product(1, 1); got != 1 {
		t.Errorf("1*1 = %d", got)
	}
}

func TestBroken(t *testing.T) {
	t.Error("fails whatever is done")
}

func TestAbroad(t *testing.T) {
	t.Skip("not on this machine")
}
