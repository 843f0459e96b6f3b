package httpserver

import (
	"net/http"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/runtime/capability/messages"
	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// inbound packs a request as messages.HTTPRequest does, without making one: the path is as it was sent, and names of headers
// are in small letters, as actors know them from wasmCloud.
type inbound struct {
	r    *http.Request
	body []byte
}

// Pack implements pack.Appender.
func (in *inbound) Pack(w *pack.Writer) {
	w.Map(5)
	w.Text("method")
	w.Text(in.r.Method)
	w.Text("path")
	w.Text(in.r.URL.EscapedPath())
	w.Text("queryString")
	w.Text(in.r.URL.RawQuery)
	w.Text("header")
	in.packHeader(w)
	w.Text("body")
	w.Bytes(in.body)
}

func (in *inbound) packHeader(w *pack.Writer) {
	var few [24]string
	names := few[:0]
	for name := range in.r.Header {
		if name != "Host" || in.r.Host == "" { // HTTP/2 lets a client say it twice
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if in.r.Host == "" {
		w.Map(len(names))
	} else { // package net/http keeps it elsewhere
		w.Map(len(names) + 1)
		w.Text("host")
		w.Array(1)
		w.Text(in.r.Host)
	}
	for _, name := range names {
		values := in.r.Header[name]
		w.Text(small(name))
		w.Array(len(values))
		for _, value := range values {
			w.Text(value)
		}
	}
}

// small returns the name of a header in small letters.
func small(name string) string {
	switch name { // those that all requests have cost nothing
	case "Accept":
		return "accept"
	case "Accept-Encoding":
		return "accept-encoding"
	case "Accept-Language":
		return "accept-language"
	case "Content-Length":
		return "content-length"
	case "Content-Type":
		return "content-type"
	case "User-Agent":
		return "user-agent"
	}
	return strings.ToLower(name)
}

// hop are headers of a connection, which are not for the actor to say.
var hop = [...]string{"Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// put sets the headers of an answer, of one that the actor names twice, in other letters, all values. What is no header is left
// out: package net/http would take some of it for trailers.
func put(h http.Header, from messages.Header) {
	var few [24]string
	names := few[:0]
	for name, values := range from {
		key := http.CanonicalHeaderKey(name)
		if len(values) == 0 || notToken(name) || slices.Contains(hop[:], key) {
			continue
		}
		names = append(names, name)
		if key != "Vary" { // which CORS and the actor have in common
			delete(h, key)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		key := http.CanonicalHeaderKey(name)
		if h[key] == nil {
			h[key] = from[name]
		} else {
			h[key] = append(h[key][:len(h[key]):len(h[key])], from[name]...)
		}
	}
}
