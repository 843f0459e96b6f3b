package capability

import "github.com/troupe-run/troupe/runtime/actor"

// A Kind is a sort of provider that the host has built in: one of the name n lives at Address/n.
type Kind struct {
	Name     string
	Address  actor.Address
	Contract string
	// Key is the public key of wasmCloud's own provider for the contract (that which keeps blobs in files, values in Redis,
	// and talks to NATS), so that links of old manifests and scripts hold here.
	Key string
}

// ActorKind is the kind of the providers that are not built in.
const ActorKind = "actor"

// Kinds returns the built-in ones, sorted by name.
func Kinds() []Kind {
	return []Kind{
		{"blobstore", BlobstoreKind, Blobstore, "VBBQNNCGUKIXEWLL5HL5XJE57BS3GU5DMDOKZS6ROEWPQFHEDP6NGVZM"},
		{"httpclient", HTTPClientKind, HTTPClient, "VCCVLH4XWGI3SGARFNYKYT2A32SUYA2KVAIV2U2Q34DQA7WWJPFRKIKM"},
		{"httpserver", HTTPServerKind, HTTPServer, "VAG3QITQQ2ODAOWB5TTQSDJ53XK3SHBEIFNK4AYJ5RKAX2UNSCAPHA5M"},
		{"keyvalue", KeyValueKind, KeyValue, "VAZVC4RX54J2NVCMCW7BPCAHGGG5XZXDBXFUMDUXGESTMQEJLC3YVZWB"},
		{"messaging", MessagingKind, Messaging, "VADNMSIML2XGO2X4TPIONTIC55R2UUQGPPDZPAVSC2QD7E76CR77SPW7"},
	}
}

// KindOf returns the built-in kind of that name.
func KindOf(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
