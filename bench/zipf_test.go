package bench

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestChooserFollowsItsDistribution(t *testing.T) {
	const n, draws = 50, 200_000
	for _, exponent := range []float64{0, 0.5, 0.99, 1, 1.5} {
		c := newChooser(n, exponent)
		rng := rand.New(rand.NewPCG(1, 2))
		var counts [n]float64
		for range draws {
			counts[c.next(rng)]++
		}
		var norm float64
		for i := range n {
			norm += math.Pow(float64(i+1), -exponent)
		}
		for i, got := range counts {
			want := draws * math.Pow(float64(i+1), -exponent) / norm
			if math.Abs(got-want) > 6*math.Sqrt(want) {
				t.Errorf("exponent %v: %d was drawn %.0f times, %.0f were expected", exponent, i, got, want)
			}
		}
	}
}
