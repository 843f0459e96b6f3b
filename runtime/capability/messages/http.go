package messages

import (
	"maps"
	"slices"
	"strings"

	"github.com/troupe-run/troupe/runtime/capability/pack"
)

// The operations of the contracts wasmcloud:httpserver, which actors receive, and wasmcloud:httpclient.
const (
	HandleRequest = "HttpServer.HandleRequest"
	FetchRequest  = "HttpClient.Request"
)

// A Header has values by name. Names are as they came: their case is not normalized.
type Header map[string][]string

// Pack implements pack.Appender: names are sorted.
func (h Header) Pack(w *pack.Writer) {
	w.Map(len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		w.Text(name)
		w.Array(len(h[name]))
		for _, v := range h[name] {
			w.Text(v)
		}
	}
}

// Unpack implements pack.Parser. One text in the place of a list is one value, which older actors send.
func (h *Header) Unpack(r *pack.Reader) {
	*h = Header{}
	r.Fields(func(name []byte) {
		key := string(name)
		if r.NextIsText() {
			(*h)[key] = []string{r.Text()}
			return
		}
		var values []string
		r.Each(func(n int) { values = make([]string, 0, min(n, 16)) }, func(int) { values = append(values, r.Text()) })
		(*h)[key] = values
	})
}

// HTTPRequest is the argument of HandleRequest.
type HTTPRequest struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	// QueryString has no question mark.
	QueryString string `json:"queryString"`
	Header      Header `json:"header"`
	Body        []byte `json:"body"`
}

// Pack implements pack.Appender.
func (m *HTTPRequest) Pack(w *pack.Writer) {
	w.Map(5)
	w.Text("method")
	w.Text(m.Method)
	w.Text("path")
	w.Text(m.Path)
	w.Text("queryString")
	w.Text(m.QueryString)
	w.Text("header")
	m.Header.Pack(w)
	w.Text("body")
	w.Bytes(m.Body)
}

// Unpack implements pack.Parser.
func (m *HTTPRequest) Unpack(r *pack.Reader) {
	r.Fields(func(name []byte) {
		switch string(name) {
		case "method":
			m.Method = r.Text()
		case "path":
			m.Path = r.Text()
		case "queryString":
			m.QueryString = r.Text()
		case "header":
			m.Header.Unpack(r)
		case "body":
			m.Body = r.Bytes()
		default:
			r.Skip()
		}
	})
}

// HTTPResponse is the answer to HandleRequest and to FetchRequest.
type HTTPResponse struct {
	StatusCode uint16 `json:"statusCode"`
	Header     Header `json:"header"`
	Body       []byte `json:"body"`
}

// Pack implements pack.Appender.
func (m *HTTPResponse) Pack(w *pack.Writer) {
	w.Map(3)
	w.Text("statusCode")
	w.Uint(uint64(m.StatusCode))
	w.Text("header")
	m.Header.Pack(w)
	w.Text("body")
	w.Bytes(m.Body)
}

// Unpack implements pack.Parser.
func (m *HTTPResponse) Unpack(r *pack.Reader) {
	r.Fields(func(name []byte) {
		switch string(name) {
		case "statusCode":
			m.StatusCode = uint16(r.Uint(1<<16 - 1))
		case "header":
			m.Header.Unpack(r)
		case "body":
			m.Body = r.Bytes()
		default:
			r.Skip()
		}
	})
}

// FetchArgs is the argument of FetchRequest.
type FetchArgs struct {
	Method  string `json:"method"` // GET if empty
	URL     string `json:"url"`
	Headers Header `json:"headers"`
	Body    []byte `json:"body"`
}

// OldHTTPRequest is HTTPRequest before 2021: a header has one value for each name.
type OldHTTPRequest struct {
	Method      string            `json:"method"`
	Path        string            `json:"path"`
	QueryString string            `json:"queryString"`
	Header      map[string]string `json:"header"`
	Body        []byte            `json:"body"`
}

// OldHTTPResponse is HTTPResponse before 2021.
type OldHTTPResponse struct {
	StatusCode uint32            `json:"statusCode"`
	Status     string            `json:"status"`
	Header     map[string]string `json:"header"`
	Body       []byte            `json:"body"`
}

// OldFetchArgs is FetchArgs before 2021.
type OldFetchArgs struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

// Old returns the request as actors of before 2021 take it: values of one name are joined by a comma, as HTTP allows.
func (m *HTTPRequest) Old() *OldHTTPRequest {
	return &OldHTTPRequest{Method: m.Method, Path: m.Path, QueryString: m.QueryString, Header: m.Header.joined(), Body: m.Body}
}

// New returns the response as it is since 2021. A status beyond what HTTP has becomes 500.
func (m *OldHTTPResponse) New() *HTTPResponse {
	code := m.StatusCode
	if code > 999 {
		code = 500
	}
	return &HTTPResponse{StatusCode: uint16(code), Header: headerOf(m.Header), Body: m.Body}
}

// Old returns the response as actors of before 2021 take it. The status is empty: what it says, the code says.
func (m *HTTPResponse) Old() *OldHTTPResponse {
	return &OldHTTPResponse{StatusCode: uint32(m.StatusCode), Header: m.Header.joined(), Body: m.Body}
}

// New returns the request as it is since 2021.
func (m *OldFetchArgs) New() *FetchArgs {
	return &FetchArgs{Method: m.Method, URL: m.URL, Headers: headerOf(m.Headers), Body: m.Body}
}

func (h Header) joined() map[string]string {
	out := make(map[string]string, len(h))
	for name, values := range h {
		out[name] = strings.Join(values, ", ")
	}
	return out
}

func headerOf(values map[string]string) Header {
	h := make(Header, len(values))
	for name, v := range values {
		h[name] = []string{v}
	}
	return h
}
