package capability_test

import (
	"testing"

	"github.com/troupe-run/troupe/runtime/capability"
)

// TestNamesOfValues: what restricts an actor, or keeps it apart from others, does so in whatever letters its name is given.
func TestNamesOfValues(t *testing.T) {
	for name, found := range map[string]bool{"store": true, "STORE": true, "Store": true, " store": true, "stores": false, "": false} {
		values := map[string]string{name: "a", "other": "b"}
		for what, v := range map[string]struct{ link, provider map[string]string }{"link": {values, map[string]string{"store": "c"}}, "provider": {nil, values}} {
			want, is := "a", found
			if !found && what == "link" {
				want, is = "c", true
			}
			if got, ok := (&capability.Link{Values: v.link}).Value(&capability.Provider{Config: v.provider}, "store"); ok != is || ok && got != want {
				t.Errorf("%s %q: %q %v", what, name, got, ok)
			}
		}
	}
	both := &capability.Link{Values: map[string]string{"Store": "b", "STORE": "a", "sTORE": "c"}}
	for range 20 {
		if v, _ := both.Value(&capability.Provider{}, "store"); v != "a" {
			t.Fatalf("of three it reads %q", v)
		}
	}
}
