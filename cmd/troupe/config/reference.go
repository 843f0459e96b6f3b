package config

import (
	"fmt"
	"strings"
)

// Reference returns a configuration file that says what is the case anyway, with what each option is for.
func Reference() string {
	var b strings.Builder
	section := ""
	for _, o := range Options() {
		above, name, nested := strings.Cut(o.Key, ".")
		indent := ""
		if !nested {
			name = o.Key
		} else {
			if above != section {
				fmt.Fprintf(&b, "\n%s:\n", above)
				section = above
			}
			indent = "  "
		}
		fmt.Fprintf(&b, "%s# %s\n", indent, o.Doc)
		value := o.Default
		switch {
		case o.Kind == "list":
			value = "[]"
		case value == "":
			value = `""`
		case o.Kind == "text" && strings.ContainsAny(value, ":#"):
			value = `"` + value + `"`
		}
		fmt.Fprintf(&b, "%s%s: %s\n", indent, name, value)
	}
	return b.String()
}
