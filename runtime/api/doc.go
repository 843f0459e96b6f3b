// Package api says what a node of Troupe can be asked over a network, and what it answers: the operations with their
// requests, their answers and their errors. Servers, clients and the documents about them are made from it.
//
//	op, ok := api.Find("send")
//	req := api.SendRequest{To: "currency", Body: api.Bytes(`{"mint":{"to":"bob","amount":5}}`), ID: "order-17"}
//
// # Guarantees
//
// Each type has one form in JSON and one in CBOR, with the same names. Bytes of actors are byte strings in CBOR, and
// objects in JSON that show what the bytes mean: see Bytes. An error has a code that programs branch on, and a text that
// says what to do.
//
// # What it is not
//
// It has no transport and no host: package node answers these requests, the packages lattice and gateway carry them, and
// package client asks them.
package api
