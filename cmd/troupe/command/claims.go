package command

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nkeys"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/troupe-run/troupe/claims"
)

func (c *call) claimsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "claims",
		Short: "Sign modules, and look at what their tokens say",
		Long: `A module for classic wasmCloud carries a token, which an account has signed: who the module is, which contracts it may use, until
when. Without one, a host does not start it. The flags are those of wash 0.2x; keys may also be named by their names in your
folder of keys.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.claimsSignCommand(), c.claimsInspectCommand(), c.claimsTokenCommand())
	return cmd
}

// likeWash lets flags have underscores where ours have hyphens.
func likeWash(flags *pflag.FlagSet) {
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
	})
}

// signFlags say who signs what, and for how long.
type signFlags struct {
	issuer, subject, directory string
	expires, notBefore         uint
	noKeygen                   bool
}

// add adds the flags. Kinds are those of the two keys, for help; an empty subject has no flag.
func (f *signFlags) add(cmd *cobra.Command, issuer, subject string) {
	flags := cmd.Flags()
	likeWash(flags)
	flags.StringVarP(&f.issuer, "issuer", "i", "", "the `key` of the "+issuer+" that signs: its name, the file of its seed or the seed; WASH_ISSUER_KEY gives another default")
	if subject != "" {
		flags.StringVarP(&f.subject, "subject", "s", "", "the `key` of the "+subject+": its name, its public half, the file of its seed or the seed; "+
			"WASH_SUBJECT_KEY gives another default")
	}
	flags.StringVar(&f.directory, "directory", "", "the `folder` of keys, in place of yours")
	flags.UintVarP(&f.expires, "expires", "x", 0, "after how many `days` the token is void; never if it is 0")
	flags.UintVarP(&f.notBefore, "nbf", "b", 0, "after how many `days` the token is good; at once if it is 0")
	flags.BoolVar(&f.noKeygen, "disable-keygen", false, "make no key where one is missing")
}

// maxDays is a thousand years: more is a mistake.
const maxDays = 365_250

// times returns the times of a token that is signed now, zero for none.
func (f *signFlags) times(now time.Time) (notBefore, expires time.Time, _ error) {
	if f.expires > maxDays || f.notBefore > maxDays {
		return notBefore, expires, usagef("--expires and --nbf are at most %d days", maxDays)
	}
	if f.expires > 0 {
		expires = now.AddDate(0, 0, int(f.expires))
	}
	if f.notBefore > 0 {
		notBefore = now.AddDate(0, 0, int(f.notBefore))
	}
	if f.expires > 0 && f.expires <= f.notBefore {
		return notBefore, expires, usagef("a token that is good after %s and void after %s is never good", count(uint64(f.notBefore), "day"), count(uint64(f.expires), "day"))
	}
	return notBefore, expires, nil
}

// signingKey returns the key that signs. Name is that of the key if none was given.
func (c *call) signingKey(f *signFlags, kind nkeys.PrefixByte, name string) (claims.Key, error) {
	return c.keyOf("--issuer", or(f.issuer, os.Getenv("WASH_ISSUER_KEY")), f, kind, name)
}

// subjectKey returns the public half of the subject's key, of which no more is needed.
func (c *call) subjectKey(f *signFlags, kind nkeys.PrefixByte, name string) (string, error) {
	return c.publicOf("--subject", or(f.subject, os.Getenv("WASH_SUBJECT_KEY")), f, kind, name)
}

// publicOf is keyOf for keys that need not sign: text may be a public key.
func (c *call) publicOf(flag, text string, f *signFlags, kind nkeys.PrefixByte, name string) (string, error) {
	if claims.CheckPublic(text, kind) == nil {
		return text, nil
	}
	key, err := c.keyOf(flag, text, f, kind, name)
	if err != nil {
		return "", err
	}
	defer key.Wipe()
	return key.Public(), nil
}

// keyOf returns the key that the text of a flag means: a seed, a file of one, or the name of a key. Without a text it is the key
// of that name, which is made if it is not there.
func (c *call) keyOf(flag, text string, f *signFlags, kind nkeys.PrefixByte, name string) (key claims.Key, err error) {
	switch {
	case text == "":
		key, err = c.keptKey(f, kind, name)
	case mayBeSeed(text):
		key, err = claims.ParseSeed([]byte(text))
	case isFile(text):
		key, err = claims.LoadFile(text)
	default:
		var keys *claims.Keys
		if keys, err = c.keysIn(f.directory); err == nil {
			key, err = keys.Load(strings.TrimSuffix(text, ".nk"))
		}
	}
	switch {
	case errors.Is(err, claims.ErrNoKey):
		return key, notFoundf("%s: %w", flag, err)
	case err != nil:
		return key, usagef("%s: %w", flag, err)
	}
	if err := claims.CheckPublic(key.Public(), kind); err != nil {
		key.Wipe()
		return claims.Key{}, usagef("%s: %w", flag, err)
	}
	return key, nil
}

// mayBeSeed reports whether a text is a seed, or what is left of one: no error shows it. No name of a key has such letters.
func mayBeSeed(text string) bool {
	return len(text) > 40 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

// keptKey returns the key of that name, which it makes if it may.
func (c *call) keptKey(f *signFlags, kind nkeys.PrefixByte, name string) (claims.Key, error) {
	keys, err := c.keysIn(f.directory)
	if err != nil {
		return claims.Key{}, err
	}
	key, err := keys.Load(name)
	if !errors.Is(err, claims.ErrNoKey) || f.noKeygen {
		return key, err
	}
	if key, err = keys.Create(name, kind); err == nil {
		fmt.Fprintf(c.Stderr, "%s: made the %s key %s, %s, in %s\n", c.Name, claims.KindName(kind), name, claims.Short(key.Public()), keys.Dir())
	}
	return key, err
}

// keysIn opens a folder of keys: the user's if none is named.
func (c *call) keysIn(dir string) (*claims.Keys, error) {
	if dir == "" {
		return c.openKeys()
	}
	return claims.OpenKeys(dir)
}

// keyName returns the name under which a key is kept that nobody has named, as wash does: what it is for, and its kind.
func keyName(what, kind string) string {
	name := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(what))
	if name = strings.TrimLeft(name, "._-"); name == "" {
		name = "my"
	}
	return name[:min(len(name), 40)] + "_" + kind
}

// accountName is the name of the key of the account by which a user signs.
func accountName() string { return keyName(or(os.Getenv("USER"), "user"), "account") }

func or(text, other string) string {
	if text != "" {
		return text
	}
	return other
}
