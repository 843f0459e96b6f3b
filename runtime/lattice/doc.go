// Package lattice carries the operations of package api over NATS, for nodes and for their clients.
//
//	service, err := lattice.Serve(ctx, lattice.Connection{URL: "nats://127.0.0.1:4222", Key: key}, n, lattice.Options{})
//	defer service.Stop(ctx)
//
//	transport, err := lattice.Dial(ctx, lattice.Connection{URL: "nats://127.0.0.1:4222", Key: alice}, "bank")
//	c := client.New(transport, client.Identity{Key: alice, Node: node})
//
// A node named bank is the NATS micro service troupe, with one endpoint for each operation: troupe.bank.send, troupe.bank.get
// and so on. SUBJECTS.md lists all subjects and headers. Nodes with the same name share the requests.
//
// The nats command line is a client like others. A key that holds a grant signs in and has an inbox of its own; a token,
// which troupe token makes, says who asks:
//
//	nats --server nats://127.0.0.1:4222 --nkey alice.nk --inbox-prefix _INBOX_UAKEY… \
//	    req -H "Authorization: Bearer $TOKEN" troupe.bank.get '{"actor":"account/alice","key":{"text":"balance"}}'
//	nats --server nats://127.0.0.1:4222 --nkey alice.nk sub 'troupe.bank.events.>'
//
// # Guarantees
//
// What a client says is believed as far as it is signed: the connection that it comes by allows nothing. A request that
// was taken is answered, with an answer or an api.Error; one for which there is no room is refused at once, with a hint
// when to come back. An answer goes to an inbox and nowhere else, whatever subject the request asks for: nobody has a node
// publish for him. A server that stops is noticed within seconds, and a service is there again when the server is.
//
// What is published comes in the order of transactions. It is published again where a connection broke, and not at all
// before Serve and behind Stop: each message has its sequence, and a watch from there tells what was missed.
//
// # What it is not
//
// It decides about nobody, as package node does that. It runs no server: package embedded does. A server elsewhere has
// permissions of its own, which should allow what Permissions returns: who else may subscribe to the subjects of requests
// can read tokens and answer in the place of the node.
package lattice
