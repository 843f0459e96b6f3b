// Package embedded runs a server of NATS in the process, for a node and its clients.
//
//	server, err := embedded.Start(embedded.Options{Listen: "127.0.0.1:4222", Node: key.Public(), Admit: admit})
//	defer server.Shutdown(ctx)
//	service, err := lattice.Serve(ctx, lattice.Connection{InProcess: server, Key: key}, n, lattice.Options{})
//
// # Guarantees
//
// Nobody is let in but the node and the holders of keys that Admit knows, who prove that by a signature. They may publish
// and subscribe to what Admit says and nothing else. Who loses that while he is connected is disconnected within a second.
// Nothing is served to other machines without TLS. A client that does not read is dropped, and holds up nobody.
//
// # What it is not
//
// It keeps nothing unless Options.JetStream says where. It is one server, and no part of a cluster; for that, run servers elsewhere.
package embedded
