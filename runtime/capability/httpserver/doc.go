// Package httpserver is the provider of wasmcloud:httpserver: it takes requests over HTTP and lets actors answer them.
//
// It has two halves. Actor is the one inside of transactions: it gets a request as a message of the operator of the host,
// checks that the actor which shall answer is linked, and calls it. Kind makes the ones outside: there is one for each
// link, and it listens where the values of the link say, see Values.
//
//	sudo to troupe.httpserver/web: an Invocation of HttpServer.HandleRequest whose Origin is the actor that answers
//
// # Guarantees
//
// One request is one transaction, and its response leaves when the transaction is durable. What an actor did that fails is
// rolled back: the response has status 500 and no body. Troupe-Transaction is the number of the transaction, for troupe
// trace. 503 and Retry-After say that there was no effect and the request can be sent again: the queue is full, the actor
// is scaled to 0, is not started, or the time was over before its turn came. If the host fails in the middle it is not known whether
// there was one; if it had asked the world outside there may have been one there. That is 500, too, without Troupe-Transaction.
//
// A client has half a minute to send a body, or what the link allows if that is less, and a minute to take an answer; then its
// connection is closed.
//
// An actor with more than one instance is asked by a query first, on the latest durable state, as many at once as it has
// instances, on all processors. If it would have to write, the request becomes a transaction.
//
// A link that changes keeps its listener and its connections if it keeps its address; nothing is refused and nothing is lost.
// Otherwise the new address is served before the old one no longer is, and what was begun there is finished.
//
// # What it is not
//
// Bodies are held in memory, and a message has a bound: dispatch.Limits.Body and Data, from which a request and a response that
// are too large get 413 and 500.
package httpserver
