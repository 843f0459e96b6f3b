package address_test

import (
	"encoding/hex"
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

// TestP is table P: predictable addresses as cosmjs and wasmd derive them, for each of two checksums, creators and salts, and
// for no message, an empty one and another.
func TestP(t *testing.T) {
	const (
		checksum1 = "13a1fc994cc6d1c81b746ee0c0ff6f90043875e0bf1d9be6b7d779fc978dc2a5"
		checksum2 = "1da6c16de2cbaf7ad8cbb66f0925ba33f5c278cb2491762d04658c1480ea229b"
		creator20 = "purple1nxvenxve42424242hwamhwamenxvenxvhxf2py"
		creator32 = "purple1nxvenxve42424242hwamhwamenxvenxvmhwamhwaamhwamhwlllsatsy6m"
		short     = "61"
		long      = "aabbccddeeffffeeddbbccddaa66551155aaaabbcc787878789900aabbccddee" +
			"ffffeeddbbccddaa66551155aaaabbcc787878789900aabbbbcc221100acadae"
		none    = ""
		object  = `{}`
		another = `{"some":123,"structure":{"nested":["ok",true]}}`
	)
	for _, c := range []struct{ row, checksum, creator, salt, msg, want string }{
		{"P1", checksum1, creator20, short, none, "purple1t6r960j945lfv8mhl4mage2rg97w63xeynwrupum2s2l7em4lprs9ce5hk"},
		{"P2", checksum1, creator20, short, object, "purple1px25n9sgj3a99q0zcl4awx7my6s6mxqegmdd2lmvf5lwxh080q6suttktr"},
		{"P3", checksum1, creator20, short, another, "purple1svexu428ywc4htrxfn4tezjcsl38qqata8aany4033auafr529ns4v254c"},
		{"P4", checksum1, creator20, long, none, "purple1jwzvvfyvpwchrccxl476pxf7c83qawsqv3f2820q0zyrav6eg4jqdcq7gc"},
		{"P5", checksum1, creator20, long, object, "purple1n2x4lx8mrp5z2sq6ycsxzk885ysnxydfk658j3zxnyfk2kh49lasesxf6j"},
		{"P6", checksum1, creator20, long, another, "purple1jvhs00zn7lgtpdpukkj54slzgkeqte4wda7pmxgac6h55tle4svq8cmp60"},
		{"P7", checksum1, creator32, short, none, "purple1juj7jn6j3k9h35euyhealntquc2zmzlxp2ek76jmtypkl4g4vrdsfwmwxk"},
		{"P8", checksum1, creator32, short, object, "purple1kptw2wdm4az8hgv08ufm0y5hqyglc7yn86m8qr6dyfa4y9kkxevqmkm9q3"},
		{"P9", checksum1, creator32, short, another, "purple1djvyxsvq7pfzjnlcn7md9khrf705g69shrnw0sqzk2jy4hhrn27sjh2ysy"},
		{"P10", checksum1, creator32, long, none, "purple1p2h3cvw9655ay8vfsa6mcddng9h5007ejxyvxdxxcutpqt9axyqsagmmay"},
		{"P11", checksum1, creator32, long, object, "purple1xmlx4dejrp7dlm2x9y95fzejadl50x885jtgkpfhm69ggt9lqv8qk3vn4f"},
		{"P12", checksum1, creator32, long, another, "purple15rgvjs4d43hnuhnuyvgkcnzz5f8fdc9twh6ndy8v9577zcr8cags40l9dt"},
		{"P13", checksum2, creator20, short, none, "purple1h9wyvusc6sy2p7fsgmez0dhvullpsyel7vq38k6d9fa7ehlv59qsvnyh36"},
		{"P14", checksum2, creator20, short, object, "purple1y0lytkaaghwxe5jjgjn5km5eu7n9hu96ctegg2s9qjwnw4268tnqxhg60a"},
		{"P15", checksum2, creator20, short, another, "purple1d7h2yc0dvwa2vkc9wf3xn6pmy9l6vgzaclvlka8eve7sqjnfczpqqsdnwu"},
		{"P16", checksum2, creator20, long, none, "purple1v736kcuyw2vjtld3g3t5v2xwj6pklcyc6trtun5y4sgxkfegm9kq7vgpnt"},
		{"P17", checksum2, creator20, long, object, "purple1ywsjzf3mlns9c9z0ftux70v2n7rac4hem3ydhnlu33dxzndycesssc7x2m"},
		{"P18", checksum2, creator20, long, another, "purple1mkgdhfkkln2lh8yu3afkx98trwefedd2pp9kx0zcq6ujdftrddvq50esay"},
		{"P19", checksum2, creator32, short, none, "purple123a8gvpz7nc67pd3qt6hhuwpclt7aqd6usnacgxndvkya3tkz2hq5hz38f"},
		{"P20", checksum2, creator32, short, object, "purple1g9hpdygsuj6pr0znzckh2qajh0c566ekk9qn5n6vntmzy6twjejsrl9alk"},
		{"P21", checksum2, creator32, short, another, "purple1vxdqnz9e9kredn4frh4x8ja37xh05jntdmjut50fxuq8y5nfwgsquu9mxh"},
		{"P22", checksum2, creator32, long, none, "purple1mzhc26n2qjzj6xdkg7kk6sekavnwqalhgzh0rgpnrke562v63pdq8grp8q"},
		{"P23", checksum2, creator32, long, object, "purple1clahh65km24j8eqkcn70x2pp2vpsqhsap42zgftnx4tgu5upuv7q9ywjws"},
		{"P24", checksum2, creator32, long, another, "purple1en0em6s5rfkzgav8q556kw86a80vxr0j3cq93987v4utvcfn4d9q0tql4w"},
	} {
		t.Run(c.row, func(t *testing.T) {
			creator, err := purple.Canonical(c.creator)
			if err != nil {
				t.Fatal(err)
			}
			got, err := address.Predictable(unhex(t, c.checksum), creator, unhex(t, c.salt), []byte(c.msg))
			if err != nil {
				t.Fatal(err)
			}
			if human, err := purple.Human(got[:]); err != nil || human != c.want {
				t.Errorf("%s, %v, want %s", human, err, c.want)
			}
		})
	}
}

// TestI is what I1-I10 say of addresses: each part of the key makes another one, and equal parts the same. I1 to I5 and I10
// are about messages in the key (fixMsg), which contracts have no way to ask for (S41): what they get is the others.
func TestI(t *testing.T) {
	checksum, creator := make([]byte, 32), make([]byte, 20)
	other := append([]byte{1}, checksum[1:]...)
	seen := map[[32]byte]string{}
	for _, c := range []struct {
		name                         string
		checksum, creator, salt, msg []byte
	}{
		{"as a contract does it", checksum, creator, []byte("a"), nil},
		{"I1 with the message", checksum, creator, []byte("a"), []byte(`{}`)},
		{"I2 another sender, with the message", checksum, other, []byte("a"), []byte(`{}`)},
		{"I3 another code, with the message", other, creator, []byte("a"), []byte(`{}`)},
		{"I4 another salt, with the message", checksum, creator, []byte("b"), []byte(`{}`)},
		{"I5 another message", checksum, creator, []byte("a"), []byte(`{"a":1}`)},
		{"I6 another sender", checksum, other, []byte("a"), nil},
		{"I7 another code", other, creator, []byte("a"), nil},
		{"I8 another salt", checksum, creator, []byte("b"), nil},
		{"I10 a long message", checksum, creator, []byte("a"), []byte(`"` + strings.Repeat("x", 32768) + `"`)},
		{"the same bytes in other parts", checksum, creator, []byte("a\x00"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := address.Predictable(c.checksum, c.creator, c.salt, c.msg)
			if err != nil {
				t.Error(err)
			}
			if first, ok := seen[got]; ok {
				t.Errorf("it is the address of %s", first)
			}
			seen[got] = c.name
			if again, _ := address.Predictable(c.checksum, c.creator, c.salt, c.msg); again != got {
				t.Error("two addresses")
			}
		})
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
