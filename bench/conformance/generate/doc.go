// Package generate makes messages for contracts: at random, from a seed, and of the shape that the contract expects, so
// that most of them get past its parser and many past its checks. Some are broken on purpose.
package generate
