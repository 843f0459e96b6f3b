// Package client asks a node the operations of package api, in Go.
//
//	way, err := client.NewHTTP("http://127.0.0.1:8880", nil)
//	c := client.New(way, client.Identity{Key: key, Node: node})
//	receipt, err := c.Send(ctx, &api.SendRequest{To: "currency", Body: body, ID: "order-17"})
//	for notice, err := range c.Watch(ctx, &api.WatchRequest{Actor: "currency", Events: true}) { … }
//
// # Guarantees
//
// Every write has a request id, its own or a new one, and every attempt at it has the same: however often it is asked,
// it has one effect. Every attempt has a signature of its own. A node that is busy, starts, stops or has failed is asked
// again for as long as its Patience lasts. A watch goes on behind the last notice that was handed over.
//
// An error is an *api.Error, or that of the context.
//
// # What it is not
//
// It keeps no keys and finds no nodes. It knows HTTP and no other way to a node: package lattice has a Transport of its own.
package client
