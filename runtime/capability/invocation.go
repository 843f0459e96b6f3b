package capability

import "github.com/troupe-run/troupe/runtime/actor"

// The addresses of the system's own actors here. Names that begin with access.Prefix belong to the host.
const (
	// Address is where actors, providers and links are kept.
	Address actor.Address = "troupe.links"
	// The kinds of the built-in providers: a provider of the name web lives at troupe.httpserver/web.
	HTTPServerKind actor.Address = "troupe.httpserver"
	HTTPClientKind actor.Address = "troupe.httpclient"
	KeyValueKind   actor.Address = "troupe.keyvalue"
	MessagingKind  actor.Address = "troupe.messaging"
	BlobstoreKind  actor.Address = "troupe.blobstore"
)

// The contracts that the host knows. A guest may import others: whoever has a provider for them can link it.
const (
	HTTPServer = "wasmcloud:httpserver"
	HTTPClient = "wasmcloud:httpclient"
	KeyValue   = "wasmcloud:keyvalue"
	Messaging  = "wasmcloud:messaging"
	Blobstore  = "wasmcloud:blobstore"
	// Logging and NumberGen need a claim and no link. The second names are those of the year 2021.
	Logging      = "wasmcloud:builtin:logging"
	NumberGen    = "wasmcloud:builtin:numbergen"
	LoggingOld   = "wasmcloud:logging"
	NumberGenOld = "wasmcloud:extras"
)

// DefaultLink is the name of a link that has no other.
const DefaultLink = "default"

// An Invocation is what actors of this world and providers are sent: the body of a message. What comes back is the data of
// the response: the payload of the answer.
type Invocation struct {
	// Operation is "Trait.Method", as the callee knows it.
	Operation string
	// Contract is that of the link over which it comes or goes, empty between actors.
	Contract string
	// Link is the name of that link, empty between actors.
	Link string
	// Payload is MessagePack, or 0x7f and CBOR for contracts of protocol 2; empty for operations without an argument.
	Payload []byte
	// Origin says who asks, in a query, which has no sender: nothing proves it. It is empty in messages.
	Origin actor.Address
	// JSON says that a person wrote the body, and that the answer is to be JSON too. Encode does not tell it.
	JSON bool
}
