// Package config reads how a node is to be served: from a file, from the environment and from flags, which count in this
// order, the last one most.
//
//	c, err := config.Load("node.yaml", os.LookupEnv, flags)
//
// All that can be said stands in one table, Options, from which the file is read, the flags are made, and the reference
// is written.
//
// # Guarantees
//
// What is not known is refused, and so is a value that makes no sense: an error says the file, the line and the column,
// or the variable, or the flag, and what may stand there. Nothing is read but that file.
//
// # What it is not
//
// It opens nothing and looks for nothing on the machine: whether a port is free or a certificate is there shows when the
// node starts. Keys and tokens do not stand in it, only the names of files that hold them.
package config
