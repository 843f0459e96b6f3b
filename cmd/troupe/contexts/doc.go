// Package contexts keeps the servers that a user has given names: where each of them is, which node answers there, and
// with which key the user asks it.
//
//	store := contexts.Open(file)
//	err := store.Change(func(l *contexts.List) error { return l.Add("prod", contexts.Context{URL: url, Node: node, Key: "default"}) })
//
// # Guarantees
//
// The file is the user's alone, and is replaced as a whole. One that others could write is refused, for it says whom to
// believe. What is in it is checked when it is read.
//
// # What it is not
//
// It holds no secrets, and asks no server.
package contexts
