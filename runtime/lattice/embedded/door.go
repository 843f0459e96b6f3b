package embedded

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"reflect"
	"sync"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/lattice"
)

// door lets clients in. It is a server.Authentication.
type door struct {
	node  string
	admit func(key string) (lattice.Permission, error)
	log   *slog.Logger

	mu     sync.Mutex
	guests map[uint64]guest // by the id of the connection; some may have left
}

// A guest is who was let in, with what he may do.
type guest struct {
	key string
	may lattice.Permission
}

// Check implements server.Authentication.
func (d *door) Check(c server.ClientAuthentication) bool {
	key, err := d.identify(c)
	if err == nil && key != d.node {
		err = d.enter(c, key)
	}
	if err != nil {
		d.log.Debug("NATS: not let in", "remote", fmt.Sprint(c.RemoteAddress()), "err", err)
		return false
	}
	if key == d.node {
		c.RegisterUser(&server.User{Username: key})
	}
	return true
}

// identify returns the key whose holder is there.
func (d *door) identify(c server.ClientAuthentication) (string, error) {
	if c.Kind() != server.CLIENT {
		return "", fmt.Errorf("clients are let in, and nothing else")
	}
	opts := c.GetOpts()
	if opts.Nkey == "" || opts.JWT != "" || opts.Username != "" || opts.Token != "" {
		return "", &claims.Refusal{Reason: claims.Unsigned, Text: "a client signs in with a user key, an nkey, and nothing else"}
	}
	signature, err := base64.RawURLEncoding.DecodeString(opts.Sig)
	if err != nil {
		return "", &claims.Refusal{Reason: claims.BadSignature, Text: "the signature is not base64url"}
	}
	kind := claims.UserKey
	if opts.Nkey == d.node {
		kind = claims.NodeKey
	}
	return opts.Nkey, claims.Verify(opts.Nkey, kind, c.GetNonce(), signature)
}

func (d *door) enter(c server.ClientAuthentication, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock() // so that recheck does not miss him
	may, err := d.admit(key)
	if err != nil {
		return err
	}
	c.RegisterUser(&server.User{Username: key, Permissions: permissions(may)})
	d.guests[c.GetID()] = guest{key, may}
	return nil
}

func permissions(may lattice.Permission) *server.Permissions {
	return &server.Permissions{Publish: allow(may.Publish), Subscribe: allow(may.Subscribe)}
}

// allow allows the subjects. To the server none at all would mean all.
func allow(subjects []string) *server.SubjectPermission {
	if len(subjects) == 0 {
		return &server.SubjectPermission{Deny: []string{">"}}
	}
	return &server.SubjectPermission{Allow: subjects}
}

// recheck disconnects who may no longer be there, or may something else now: he comes back and gets that.
func (d *door) recheck(s *server.Server) {
	d.mu.Lock()
	defer d.mu.Unlock()
	type answer struct {
		may lattice.Permission
		err error
	}
	asked := map[string]answer{}
	for id, g := range d.guests {
		if s.GetClient(id) == nil {
			delete(d.guests, id)
			continue
		}
		a, ok := asked[g.key]
		if !ok {
			a.may, a.err = d.admit(g.key)
			asked[g.key] = a
		}
		if a.err == nil && reflect.DeepEqual(a.may, g.may) {
			continue
		}
		d.log.Info("NATS: disconnected, for the grants have changed", "key", g.key)
		delete(d.guests, id)
		_ = s.DisconnectClientByID(id) // it may have left
	}
}
