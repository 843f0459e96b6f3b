package wasmbus

import "github.com/troupe-run/troupe/runtime/actor"

// run answers the message that body is.
func (c *call) run(body []byte) ([]byte, error) {
	c.operation, c.payload = append(c.operation[:0], "HttpServer.HandleRequest"...), body
	return c.guestCall()
}

// reach calls who the guest means by namespace.
func (c *call) reach(link, namespace, operation string, payload []byte) ([]byte, *actor.Error) {
	return nil, actor.Errorf(actor.CodeUnauthorized, "Invocation not authorized: missing link definition for %s on %s", namespace, link)
}
