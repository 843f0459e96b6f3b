package claims

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// A Module is what the token of a WebAssembly module says: who it is, who answers for it, and which contracts it may use.
//
// The token is the text of a custom section at top level, "wasmcloud_jwt" or, in old modules, "jwt": a JWT of wascap, which
// the issuer has signed. Its claims are exp, jti, iat, iss, sub, nbf, wascap_revision, and in "wascap" name, hash, tags, caps,
// rev, ver, call_alias and prov.
type Module struct {
	// Subject is the public key of the module, "M…", which names it and signs nothing; Issuer that of the account which has
	// signed the token, "A…".
	Subject, Issuer string
	ID              string // names the token
	Issued          time.Time
	// Expires is from when the token is void, NotBefore from when it is good; zero if it does not say. All times are whole
	// seconds.
	Expires, NotBefore time.Time
	Name               string
	// Hash is the SHA-256 of the code without its token, in capital hex digits.
	Hash string
	// Caps are the contracts, Tags words for people. An empty text in the token names no contract and is left out.
	Caps, Tags []string
	// Revision grows with each version of the module that is to replace another; 0 if the token does not say. Version is for
	// people.
	Revision int32
	Version  string
	// Alias is a name by which other actors may call it, empty for none: small letters, digits, "_" and "/".
	Alias    string
	Provider bool // it implements contracts for others
	Format   int  // the member wascap_revision, 0 if the token has none
}

// OpenModule returns what the token in the code of a module or component says, and the text of the token. There must be
// exactly one at top level, its account must have signed it, and the hash that it names, whatever its format, must be that
// of the code without the token: as it is, or in the canonical form that wascap hashes since 2023. Else it returns a
// *Refusal. Whether it is the time of the token is asked with Module.Check.
func OpenModule(code []byte) (Module, string, error) {
	m, token, refusal := openModule(code)
	if refusal != nil {
		return Module{}, "", refusal
	}
	return m, token, nil
}

func openModule(code []byte) (Module, string, *Refusal) {
	f, refusal := findTokens(code)
	switch {
	case refusal != nil:
		return Module{}, "", refuse(refusal.Reason, "the module %s", refusal.Text)
	case f.top == 0 && f.inner > 0:
		return Module{}, "", refuse(Nested, "the module has no token: the one within an inner module does not count for what is around it; sign the whole")
	case f.top == 0:
		return Module{}, "", refuse(Unsigned, "the module has no token: sign it, with an account's key")
	case f.top > 1:
		return Module{}, "", refuse(Ambiguous, "the module has %d tokens, and only one is signed with it: sign it again", f.top)
	case len(f.token) > MaxClaims:
		return Module{}, "", refuse(TooLarge, "the token of the module has %d bytes: one has at most %d", len(f.token), MaxClaims)
	}
	token := string(f.token)
	m, refusal := readModuleToken(token)
	if refusal != nil {
		return Module{}, "", refusal
	}
	if refusal := m.checkHash(code, f); refusal != nil {
		return Module{}, "", refusal
	}
	return m, token, nil
}

// checkHash compares the hash that the token names with those of the code, which has one token.
func (m *Module) checkHash(code []byte, f found) *Refusal {
	raw := sha256.New()
	raw.Write(code[:f.start])
	raw.Write(code[f.end:])
	if m.Hash == hexHash(raw.Sum(nil)) {
		return nil
	}
	form, refusal := canonical(code, true)
	if refusal != nil {
		return refuse(refusal.Reason, "the module %s", refusal.Text)
	}
	if sum := sha256.Sum256(form); m.Hash == hexHash(sum[:]) {
		return nil
	}
	return refuse(BadHash, "the module is not the one that %s has signed for %s: it was altered, or its token comes from another; sign it again",
		Short(m.Issuer), m.who())
}

func hexHash(sum []byte) string { return strings.ToUpper(hex.EncodeToString(sum)) }

// ReadModuleToken returns what the text of a module's token says, if its form is right and its issuer has signed it, else a
// *Refusal. It does not see the code: whose token it is only OpenModule can say.
func ReadModuleToken(token string) (Module, error) {
	m, refusal := readModuleToken(token)
	if refusal != nil {
		return Module{}, refusal
	}
	return m, nil
}

func readModuleToken(token string) (Module, *Refusal) {
	w, refusal := openWascap("a module", token, AccountKey)
	if refusal != nil {
		return Module{}, refusal
	}
	return parseModule(w)
}

// parseModule returns what claims say, whoever has signed them.
func parseModule(w wascap) (Module, *Refusal) {
	m := Module{Subject: w.Subject, Issuer: w.Issuer, ID: w.ID, Issued: w.Issued, Expires: w.Expires, NotBefore: w.NotBefore, Format: w.Format}
	revision := int64(0)
	if err := w.own.takeKnown(field{"name", &m.Name}, field{"hash", &m.Hash}, field{"tags", &m.Tags}, field{"caps", &m.Caps}, field{"rev", &revision},
		field{"ver", &m.Version}, field{"call_alias", &m.Alias}, field{"prov", &m.Provider}); err != nil {
		return Module{}, refuse(Malformed, "the token of a module is malformed: in its member \"wascap\", %v", err)
	}
	m.Revision = int32(revision)
	if int64(m.Revision) != revision {
		return Module{}, refuse(Malformed, "the token of a module is malformed: its revision %d does not fit 32 bits", revision)
	}
	m.Caps = withoutEmpty(m.Caps)
	if refusal := m.valid(); refusal != nil {
		return Module{}, refusal
	}
	if m.Hash == "" {
		return Module{}, refuse(Malformed, "the token of %s names no hash: it is for no code", m.who())
	}
	return m, nil
}

func withoutEmpty(texts []string) []string {
	kept := texts[:0]
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return kept
}

// valid checks what must hold for every module's token at any time.
func (m *Module) valid() *Refusal {
	if refusal := checkKey("subject of a module's token", m.Subject, ModuleKey); refusal != nil {
		return refusal
	}
	if refusal := checkKey("issuer of a module's token", m.Issuer, AccountKey); refusal != nil {
		return refusal
	}
	if refusal := checkText("name of a module", m.Name, maxName); refusal != nil {
		return refusal
	}
	if m.Hash != "" && !isHash(m.Hash) {
		return refuse(Malformed, "the hash in the token of %s is not of 64 capital hex digits", m.who())
	}
	if refusal := checkText("version of a module", m.Version, maxName); refusal != nil {
		return refusal
	}
	if refusal := checkTexts("capability", "capabilities", m.Caps); refusal != nil {
		return refusal
	}
	if refusal := checkTexts("tag", "tags", m.Tags); refusal != nil {
		return refusal
	}
	return checkAlias(m.Alias)
}

func isHash(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; (c < '0' || c > '9') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return len(text) == 2*sha256.Size
}

// checkTexts refuses lists that are too long, or of texts that are.
func checkTexts(one, many string, texts []string) *Refusal {
	if len(texts) > maxEntries {
		return refuse(TooLarge, "%d %s: at most %d", len(texts), many, maxEntries)
	}
	for _, t := range texts {
		if refusal := checkText(one, t, maxName); refusal != nil {
			return refusal
		}
	}
	return nil
}

// checkAlias takes what wash lets one sign. With other letters an alias could pass for a contract, "wasmcloud:keyvalue", and
// get what others mean for a provider.
func checkAlias(alias string) *Refusal {
	ok := len(alias) <= maxName
	for i := 0; i < len(alias) && ok; i++ {
		c := alias[i]
		ok = 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '/'
	}
	if !ok {
		return refuse(Malformed, "the call alias %.60q: one has small letters, digits, _ and /, and at most %d of them", alias, maxName)
	}
	return nil
}

// who names the module for people.
func (m *Module) who() string {
	if m.Name == "" {
		return Short(m.Subject)
	}
	return fmt.Sprintf("%s (%s)", m.Name, Short(m.Subject))
}

// Check returns nil if now is the time of the token, else a *Refusal for Stale or Early.
func (m *Module) Check(now time.Time) error { return checkTime(m.who(), m.NotBefore, m.Expires, now) }

// moduleClaims is the member "wascap" as it is written.
type moduleClaims struct {
	Name     string   `json:"name,omitempty"`
	Hash     string   `json:"hash"`
	Tags     []string `json:"tags"`
	Caps     []string `json:"caps"`
	Revision int32    `json:"rev"`
	Version  string   `json:"ver,omitempty"`
	Alias    string   `json:"call_alias,omitempty"`
	Provider bool     `json:"prov"`
}

// SignModule returns the code with a token of m, which the account's key signs, as its last section, in the place of any
// that it has. Subject must be set; what else m leaves out is filled in: Issued with the time, ID with random letters.
// Issuer, Hash and Format follow from the key and the code. A module that no host would take is an error.
func SignModule(account Key, code []byte, m Module) ([]byte, error) {
	form, refusal := canonical(code, true)
	if refusal != nil {
		return nil, fmt.Errorf("claims: the module cannot be signed: it %w", refusal)
	}
	sum := sha256.Sum256(form)
	m.Hash = hexHash(sum[:])
	token, err := SignModuleToken(account, m)
	if err != nil {
		return nil, err
	}
	bare, refusal := stripped(code)
	if refusal != nil {
		return nil, fmt.Errorf("claims: the module cannot be signed: it %w", refusal)
	}
	return appendCustom(bare, tokenSection, []byte(token)), nil
}

// SignModuleToken returns the text of a token of m alone, which names the hash of the code; without one it is for no code,
// and nobody takes it. See SignModule.
func SignModuleToken(account Key, m Module) (string, error) {
	if account.Kind() != AccountKey {
		return "", fmt.Errorf("claims: a module is signed by an account's key, and %s is none", account)
	}
	w := wascap{ID: m.ID, Issuer: account.Public(), Subject: m.Subject, Issued: m.Issued, Expires: m.Expires, NotBefore: m.NotBefore}
	if err := w.fill(); err != nil {
		return "", err
	}
	m.Issuer = w.Issuer
	refusal := m.valid()
	if refusal == nil {
		refusal = w.valid(m.who())
	}
	if refusal != nil {
		return "", fmt.Errorf("claims: the module cannot be signed: %w", refusal)
	}
	return w.sign(account, moduleClaims{Name: m.Name, Hash: m.Hash, Tags: some(m.Tags), Caps: some(m.Caps), Revision: m.Revision,
		Version: m.Version, Alias: m.Alias, Provider: m.Provider})
}

// some returns the texts, in JSON [] if there are none.
func some(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
