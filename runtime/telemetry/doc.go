// Package telemetry sends what a node follows to a collector of OpenTelemetry: a span for each request, and below it one for
// each call of an actor in its transaction.
//
//	e, err := telemetry.New(telemetry.Options{Endpoint: "http://127.0.0.1:4318", Sample: 0.1, Name: "local"})
//	n, err := node.New(host, node.Options{Tracer: e, …})
//	defer e.Close(ctx)
//
// # Guarantees
//
// No request waits for it: what the collector does not take in time is dropped and counted. Memory is bounded. Bodies, keys
// and values of actors are not sent.
//
// # What it is not
//
// An actor sees no clock, and the host measures no call of its own: in a trace only the request has times. The calls lie
// within it in the order in which they ran, and are as long as their share of the gas.
package telemetry
