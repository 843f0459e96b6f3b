// Package command is the command line of Troupe for any binary. A program with actors of its own gets all commands of
// troupe by one call:
//
//	func main() {
//		command.Main(command.Modules{"counter": counter{}})
//	}
//
// The modules are bound to each host that a command opens, also to hosts in memory; but where WebAssembly is installed
// under the name of one, that runs.
//
// # Guarantees
//
// A command that reads changes nothing in the directory and does not create it. A command that fails says on one line
// of standard error what is wrong, prints no half result, and ends with the exit code of the class of the failure: see
// the constants. An interrupt lets the transaction that is running come to its end and closes the host in order; a
// second one ends the process at once.
//
// # What it is not
//
// It is no server. A directory is open in one process at a time, so that a command waits for nobody: it says who has
// the directory.
package command
