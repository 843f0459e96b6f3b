// Command mutants tests the tests: it breaks the code on purpose, in one place at a time, and checks that some test
// notices.
//
//	go run ./bench/mutants             # all of them
//	go run ./bench/mutants -list       # what there is, and why each matters
//	go run ./bench/mutants -only NAME -v
//
// The mutants stand in mutants.txt, which explains its own form. A mutant replaces one piece of text in one file. The
// file on disk stays as it is: the go command reads the changed one through -overlay. Then the tests that the list names
// for the mutant run.
//
// A mutant is killed if they fail. It survives if they pass. It is invalid if it does not compile, if the text that it
// replaces does not stand exactly once in the file, if its tests match nothing, or if they fail without it: none of
// these says anything about the tests. It is skipped if its tests skip themselves, on a machine that lacks what they are
// about. The exit status is 0 only if every mutant was killed or skipped.
package main
