// Package query reads a partition from outside of its transactions: the keys of actors, the answers of their code, who
// there is, what happened, and what is happening.
//
//	r := query.New(executor, 0)
//	balance, ok, err := r.Get("account/alice", []byte("balance"))
//	answer, err := r.Smart(ctx, "account/alice", []byte("statement"))
//	for notice, err := range r.Watch(ctx, query.WatchOptions{Actor: "account/alice", From: answer.Sequence}) { … }
//
// # Guarantees
//
// Every read is on one state: the latest that is committed and durable when the read begins. It sees whole transactions
// only, never one that a crash could still take back, and it neither blocks the writer nor waits for it. A Router never
// goes back: a read that begins after another has ended sees the same state or a later one. Keys and values that are
// handed out are copies and belong to the caller.
//
// A watch tells each transaction that concerns it once, in order, with the values that this very transaction wrote.
//
// # What it is not
//
// It keeps no state open between calls: the pages of a scan are each of the latest state, and say which that was. It
// has no goroutine: a watch runs in the goroutine that ranges over it.
package query
