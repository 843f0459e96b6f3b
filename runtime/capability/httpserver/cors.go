package httpserver

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Cors says which web pages of other origins may read answers. Its defaults are those of wasmCloud's provider.
type Cors struct {
	// Origins are all if there are none.
	Origins, Methods, Headers, Exposed []string
	// MaxAge is in seconds.
	MaxAge int
}

func defaultCors() Cors {
	return Cors{
		Methods: []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"},
		Headers: []string{"accept", "accept-language", "content-type", "content-language"},
		MaxAge:  300,
	}
}

func (c *Cors) known(name string) bool {
	return slices.Contains([]string{"allowed_origins", "allowed_methods", "allowed_headers", "exposed_headers", "max_age_secs"}, name)
}

// set takes one value.
func (c *Cors) set(name, text string) (err error) {
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	switch name {
	case "allowed_origins":
		for i, origin := range list {
			if list[i], err = parseOrigin(origin); err != nil {
				return err
			}
		}
		if slices.Contains(list, "*") {
			list = nil
		}
		c.Origins = list
	case "allowed_methods":
		if !slices.ContainsFunc(list, notToken) {
			c.Methods = list
			return nil
		}
		return errors.New("a method is a word such as GET")
	case "allowed_headers", "exposed_headers":
		if slices.ContainsFunc(list, notToken) {
			return errors.New("a header is a word such as Content-Type")
		}
		if name == "exposed_headers" {
			c.Exposed = list
		} else {
			c.Headers = list
		}
	case "max_age_secs":
		c.MaxAge, err = parseNumber(text, 0, 1<<30)
	}
	return err
}

func parseOrigin(text string) (string, error) {
	if text == "*" {
		return text, nil
	}
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errors.New("an origin is a scheme, a name and a port, such as https://example.org:8443")
	}
	return strings.ToLower(u.Scheme + "://" + u.Host), nil
}

// notToken reports whether a text is none of the words that methods and names of headers are.
func notToken(text string) bool {
	return text == "" || strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}

// serve answers what a browser asks before a request of another origin, and requests that are refused; then it reports true.
// To the answer of any other request it adds what lets a page of the origin read it.
func (c *Cors) serve(w http.ResponseWriter, r *http.Request) (done bool) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	h := w.Header()
	if len(c.Origins) > 0 {
		h.Set("Vary", "Origin")
	}
	if len(c.Origins) > 0 && !slices.Contains(c.Origins, strings.ToLower(origin)) {
		http.Error(w, "CORS request forbidden: origin not allowed", http.StatusForbidden)
		return true
	}
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		h.Set("Access-Control-Allow-Origin", c.origin(origin))
		if len(c.Exposed) > 0 {
			h.Set("Access-Control-Expose-Headers", strings.Join(c.Exposed, ", "))
		}
		return false
	}
	if !slices.Contains(c.Methods, method) {
		http.Error(w, "CORS request forbidden: request-method not allowed", http.StatusForbidden)
		return true
	}
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.ContainsFunc(c.Headers, func(have string) bool { return strings.EqualFold(have, name) }) {
			http.Error(w, "CORS request forbidden: header not allowed", http.StatusForbidden)
			return true
		}
	}
	h.Set("Access-Control-Allow-Origin", c.origin(origin))
	h.Set("Access-Control-Allow-Methods", strings.Join(c.Methods, ", "))
	h.Set("Access-Control-Allow-Headers", strings.Join(c.Headers, ", "))
	h.Set("Access-Control-Max-Age", strconv.Itoa(c.MaxAge))
	w.WriteHeader(http.StatusOK)
	return true
}

func (c *Cors) origin(asked string) string {
	if len(c.Origins) == 0 {
		return "*"
	}
	return asked
}
