package httpclient

import (
	"net/netip"

	"github.com/troupe-run/troupe/runtime/capability/messages"
)

// Judge returns why the rules do not allow a request.
func Judge(r *Rules, args *messages.FetchArgs) error {
	if _, err := judge(r, args); err != nil {
		return err
	}
	return nil
}

// Public reports whether an address is one of the internet at large.
func Public(address string) bool { return public(netip.MustParseAddr(address)) }
