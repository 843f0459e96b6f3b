// Package node answers the requests of package api on a host. It knows who asks, what they may do, and what came of it.
//
//	n, err := node.New(host, node.Options{Name: "local", Key: key})
//	result := n.Handle(ctx, &node.Call{Op: "send", Bearer: token, Payload: body, Via: "http"})
//
// # Guarantees
//
// Nobody is answered without an identity, and nothing is done that the grants of the host do not allow. Every request
// ends in an answer or in an api.Error, whatever it looks like; its code says whether anything may have happened.
//
// # What it is not
//
// It listens on nothing: packages lattice and gateway bring it calls and carry what it says.
package node
