package bench

import (
	"math"
	"math/rand/v2"
)

// A chooser draws numbers below n: uniformly, or by the Zipf distribution, of which 0 is the most likely.
//
// The latter is the rejection-inversion of Hörmann and Derflinger (1996), which takes any exponent above 0; that of the
// standard library takes those above 1 only, and the usual one is 0.99.
type chooser struct {
	n        int
	exponent float64
	// hFirst and hLast are the bounds of what is inverted, s is how often the first guess is right without a look.
	hFirst, hLast, s float64
}

func newChooser(n int, exponent float64) chooser {
	c := chooser{n: n, exponent: exponent}
	if exponent > 0 {
		c.hFirst, c.hLast = c.integral(1.5)-1, c.integral(float64(n)+0.5)
		c.s = 2 - c.inverse(c.integral(2.5)-c.density(2))
	}
	return c
}

func (c *chooser) next(rng *rand.Rand) int {
	if c.exponent == 0 {
		return rng.IntN(c.n)
	}
	for {
		u := c.hLast + rng.Float64()*(c.hFirst-c.hLast)
		x := c.inverse(u)
		k := min(max(math.Round(x), 1), float64(c.n))
		if k-x <= c.s || u >= c.integral(k+0.5)-c.density(k) {
			return int(k) - 1
		}
	}
}

// density is the likelihood of x, up to a factor.
func (c *chooser) density(x float64) float64 { return math.Exp(-c.exponent * math.Log(x)) }

// integral is an antiderivative of density: (x^(1-e) - 1)/(1-e), which goes to log x where e is 1.
func (c *chooser) integral(x float64) float64 {
	log := math.Log(x)
	t := (1 - c.exponent) * log
	if math.Abs(t) < 1e-8 {
		return log * (1 + t/2)
	}
	return log * math.Expm1(t) / t
}

// inverse is the inverse of integral.
func (c *chooser) inverse(y float64) float64 {
	t := max(y*(1-c.exponent), -1)
	if math.Abs(t) < 1e-8 {
		return math.Exp(y * (1 - t/2))
	}
	return math.Exp(y * math.Log1p(t) / t)
}
