// Package differential gives two machines the same calls, each over a world of its own, and compares all that can be
// observed: the bytes that a contract returned, whether and how it failed, gas, what it asked of its host and in which
// order, and the rows it left.
//
// Calls come in sequences. A sequence begins with empty worlds, and depends on its seed and number alone.
package differential
