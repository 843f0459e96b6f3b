//go:build !race

package troupe

const raceEnabled = false
