package gateway

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/troupe-run/troupe/runtime/api"
)

// harden sets the headers that every answer has.
func harden(h http.Header) {
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = noReferrer
	h["X-Frame-Options"] = deny
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Content-Security-Policy"] = noContent
}

// The values are shared by all answers: nobody changes the slice of a header that is set as a whole.
var (
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	deny       = []string{"DENY"}
	sameOrigin = []string{"same-origin"}
	closed     = []string{"close"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// admit judges where a request was meant to go and which page it comes from. If it returns false, it has answered.
func (g *Gateway) admit(w http.ResponseWriter, r *http.Request) bool {
	if !g.knownHost(r) {
		g.reject("host")
		g.refuse(w, r, http.StatusMisdirectedRequest, api.CodeBadRequest,
			"this node is not known as "+quote(r.Host)+" here: use localhost or 127.0.0.1, or add the name to the hosts of its configuration")
		return false
	}
	switch origin := r.Header.Get("Origin"); {
	case origin == "":
		// Without Origin a browser still says where the page is that asks. One may follow a link to the dashboard.
		site := r.Header.Get("Sec-Fetch-Site")
		if site != "" && site != "same-origin" && site != "none" && !isPage(r) {
			g.foreign(w, r, "another site")
			return false
		}
	case g.origins[origin]:
		share(w.Header(), origin)
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			allow(w.Header())
			w.WriteHeader(http.StatusNoContent)
			return false
		}
	case !sameAs(origin, r):
		g.foreign(w, r, quote(origin))
		return false
	}
	return true
}

func (g *Gateway) foreign(w http.ResponseWriter, r *http.Request, from string) {
	g.reject("origin")
	g.refuse(w, r, http.StatusForbidden, api.CodeForbidden,
		"web pages of "+from+" may not use this node: add their origin to those of its configuration to allow it")
}

// isPage reports whether the request is one for something that anybody may look at.
func isPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		!strings.HasPrefix(r.URL.Path, "/v1/") && r.URL.Path != "/metrics"
}

// knownHost reports whether the name that the client used is one of this node. A page on the network can let its own
// name point to 127.0.0.1, and a browser takes what answers there for the page's own server: but the name stays.
// An address is no name: it cannot be made to point elsewhere.
func (g *Gateway) knownHost(r *http.Request) bool {
	host := hostname(r.Host)
	if g.hosts[host] || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	local := isLoopback(r.Context().Value(http.LocalAddrContextKey))
	if ip, err := netip.ParseAddr(host); err == nil {
		return !local || ip.Unmap().IsLoopback()
	}
	return !local && len(g.hosts) == 0
}

// hostname returns a Host header without its port and brackets, in small letters.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// isLoopback reports whether an address, such as that of a connection, is of this machine only.
func isLoopback(addr any) bool {
	switch a := addr.(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	case net.Addr:
		ip, err := netip.ParseAddrPort(a.String())
		return err == nil && ip.Addr().Unmap().IsLoopback()
	}
	return false
}

// sameAs reports whether an origin is the server that the request went to.
func sameAs(origin string, r *http.Request) bool {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	if strings.EqualFold(origin, scheme+r.Host) {
		return true
	}
	// Behind a proxy that speaks TLS the scheme is another one; a browser vouches for the rest.
	return r.Header.Get("Sec-Fetch-Site") == "same-origin"
}

// share lets a page of the origin read the answer.
func share(h http.Header, origin string) {
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Retry-After, Idempotency-Replayed")
	h.Add("Vary", "Origin")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// allow answers what a browser asks before it sends a request of a page.
func allow(h http.Header) {
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Troupe-Signature")
	h.Set("Access-Control-Max-Age", "600")
}
