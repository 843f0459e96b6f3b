// Package gateway carries the operations of package api over HTTP, to programs, to curl and to browsers.
//
//	g, err := gateway.New(n, gateway.Options{Assets: dashboard})
//	l, err := gateway.Listen("127.0.0.1:8880", gateway.ListenOptions{})
//	err = g.Serve(l) // until g.Shutdown(ctx)
//
// An operation is POST /v1/NAME with a request in JSON or CBOR, and one that changes nothing is GET /v1/NAME?field=value
// as well. GET /v1/watch that accepts text/event-stream is a stream of notices. /openapi.json describes it all to
// programs and /docs to people; /healthz, /readyz and /metrics are for those who run it; / is the dashboard.
//
// # Guarantees
//
// What a client sends is bounded in size, in time and in number before it reaches the node: headers, bodies, the memory
// of all bodies together, connections, watches. A client that sends or reads slowly, or not at all, holds a connection
// for seconds and nothing else. A web page of another origin reaches nothing, be it by a name that it lets point here:
// a connection to this machine itself is answered only under a name that is known. Nothing is served to other machines
// without TLS unless that is said.
//
// # What it is not
//
// It decides about nobody: who asks, and what they may do, is judged by package node.
package gateway
