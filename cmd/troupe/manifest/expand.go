package manifest

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// An Env tells the values of environment variables, as os.LookupEnv does.
type Env func(name string) (value string, set bool)

// expand puts the values of variables in the place of ${NAME} and ${NAME:default}, as the hosts of wasmCloud 0.18 did: a
// default goes from the first colon to the next brace, a variable that is set counts before it, even if it is empty, and
// what a variable holds is not looked into again. $NAME is text. What has neither value nor default stays as it is, and is
// named by unset.
func (env Env) expand(text string) (expanded string, unset []string) {
	if env == nil || !strings.Contains(text, "${") {
		return text, nil
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		inside, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			b.WriteString(text)
			return b.String(), unset
		}
		b.WriteString(before)
		name, fallback, optional := strings.Cut(inside, ":")
		if value, set := env(name); set && name != "" {
			b.WriteString(value)
		} else if optional {
			b.WriteString(fallback)
		} else {
			b.WriteString("${" + inside + "}")
			unset = append(unset, name)
		}
		text = after
	}
}

// maxExpanded bounds what variables make of a text, in bytes.
const maxExpanded = 1 << 20

// expanded puts the values of variables into a text.
func (d decoder) expanded(n ast.Node, text string) (string, error) {
	text, unset := d.env.expand(text)
	for _, name := range d.unset {
		if strings.Contains(text, "${"+name+"}") {
			unset = append(unset, name)
		}
	}
	switch {
	case len(unset) > 0 && unset[0] == "":
		return "", d.at(n).errorf("${} names no variable: write ${NAME} or ${NAME:default}")
	case len(unset) > 0:
		return "", d.at(n).errorf("the environment variable %.80q is not set: set it, or write a default, ${%.80s:default}", unset[0], unset[0])
	case len(text) > maxExpanded:
		return "", d.at(n).errorf("with the values of variables in it, a text has more than %d bytes", maxExpanded)
	}
	return text, nil
}
