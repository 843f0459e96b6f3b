package address_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/wasm/cosmwasm/address"
)

const purple = address.Prefix("purple")

// TestA is A1-A4, and the address of H1.
func TestA(t *testing.T) {
	for _, c := range []struct {
		row            string
		code, instance uint64
		prefix         address.Prefix
		want           string
	}{
		{"A1", 0, 0, purple, "purple1w0w8sasnut0jx0vvsnvlc8nayq0q2ej8xgrpwgel05tn6wy4r57qfplul7"},
		{"A2", 0, 1, purple, "purple156r47kpk4va938pmtpuee4fh77847gqcw2dmpl2nnpwztwfgz04s5cr8hj"},
		{"A3", 1, 0, purple, "purple1mzdhwvvh22wrt07w59wxyd58822qavwkx5lcej7aqfkpqqlhaqfs5efvjk"},
		{"A4", 1, 1, purple, "purple14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9smc2vxm"},
		{"H1", 1, 1, cosmos, first},
	} {
		t.Run(c.row, func(t *testing.T) {
			got := address.Classic(c.code, c.instance)
			if human, err := c.prefix.Human(got[:]); err != nil || human != c.want {
				t.Errorf("%s, %v, want %s", human, err, c.want)
			}
		})
	}
}

// TestP is P1-P24.
func TestP(t *testing.T) {
	vectors, err := os.ReadFile("testdata/predictable.txt")
	if err != nil {
		t.Fatal(err)
	}
	row := 0
	for line := range strings.Lines(string(vectors)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row++
		t.Run(fmt.Sprintf("P%d", row), func(t *testing.T) {
			fields := strings.Fields(line)
			checksum, salt := unhex(t, fields[0]), unhex(t, fields[2])
			creator, err := purple.Canonical(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			got, err := address.Predictable(checksum, creator, salt, []byte(strings.TrimPrefix(fields[3], "-")))
			if err != nil {
				t.Fatal(err)
			}
			if human, err := purple.Human(got[:]); err != nil || human != fields[4] {
				t.Errorf("%s, %v, want %s", human, err, fields[4])
			}
		})
	}
	if row != 24 {
		t.Errorf("%d vectors, want 24", row)
	}
}

// TestI is what I1-I10 say of addresses: each part of the key makes another one, and equal parts the same.
func TestI(t *testing.T) {
	checksum, creator := make([]byte, 32), make([]byte, 20)
	other := append([]byte{1}, checksum[1:]...)
	seen := map[[32]byte]string{}
	for _, c := range []struct {
		name                         string
		checksum, creator, salt, msg []byte
	}{
		{"as a contract does it", checksum, creator, []byte("a"), nil},
		{"with the message", checksum, creator, []byte("a"), []byte(`{}`)},
		{"another code", other, creator, []byte("a"), nil},
		{"another sender", checksum, other, []byte("a"), nil},
		{"another salt", checksum, creator, []byte("b"), nil},
		{"another message", checksum, creator, []byte("a"), []byte(`{"a":1}`)},
		{"a long message", checksum, creator, []byte("a"), []byte(`"` + strings.Repeat("x", 1000) + `"`)},
		{"the same bytes in other parts", checksum, creator, []byte("a\x00"), nil},
	} {
		got, err := address.Predictable(c.checksum, c.creator, c.salt, c.msg)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if first, ok := seen[got]; ok {
			t.Errorf("%s has the address of %s", c.name, first)
		}
		seen[got] = c.name
		if again, _ := address.Predictable(c.checksum, c.creator, c.salt, c.msg); again != got {
			t.Errorf("%s: two addresses", c.name)
		}
	}
}

// TestS41 is what Predictable refuses.
func TestS41(t *testing.T) {
	checksum, creator, salt := make([]byte, 32), make([]byte, 20), []byte("a")
	for _, c := range []struct {
		want                         string
		checksum, creator, salt, msg []byte
	}{
		{"", checksum, creator, make([]byte, address.MaxSalt), nil},
		{"invalid checksum", checksum[:31], creator, salt, nil},
		{"creator: addresses cannot be empty: unknown address", checksum, nil, salt, nil},
		{"creator: address max length is 255, got 256: unknown address", checksum, make([]byte, 256), salt, nil},
		{"salt: is required: empty", checksum, creator, nil, nil},
		{"salt: cannot be longer than 64 characters: exceeds limit", checksum, creator, make([]byte, 65), nil},
		{"initMsg: invalid", checksum, creator, salt, []byte(`{"a"}`)},
	} {
		if _, err := address.Predictable(c.checksum, c.creator, c.salt, c.msg); text(err) != c.want {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
