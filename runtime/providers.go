package runtime

import (
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/capability"
	"github.com/troupe-run/troupe/runtime/capability/blobstore"
	"github.com/troupe-run/troupe/runtime/capability/httpclient"
	"github.com/troupe-run/troupe/runtime/capability/httpserver"
	"github.com/troupe-run/troupe/runtime/capability/keyvalue"
	"github.com/troupe-run/troupe/runtime/capability/messaging"
)

// providers returns the actors that every host has for actors with claims, by the names of their modules.
func (h *Host) providers(policy capability.Policy) map[actor.Address]actor.Actor {
	return map[actor.Address]actor.Actor{
		capability.Address:        &capability.Keeper{Policy: policy},
		capability.BlobstoreKind:  blobstore.Actor(),
		capability.HTTPClientKind: httpclient.Actor(),
		capability.HTTPServerKind: httpserver.Actor(),
		capability.KeyValueKind:   keyvalue.Actor(),
		capability.MessagingKind:  messaging.Actor(),
	}
}

// builtIn reports whether a module is one of the providers of every host.
func builtIn(module actor.Address) bool {
	for _, k := range capability.Kinds() {
		if k.Address == module {
			return true
		}
	}
	return false
}
