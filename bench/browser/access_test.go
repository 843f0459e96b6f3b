package browser

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"
)

// newCaller returns a key, and makes tokens that it signs for the node: as any program can, from what the documents say.
func newCaller(t *testing.T, b *tab) (public string, token func(ops ...string) string) {
	t.Helper()
	key, err := nkeys.CreateUser()
	if err == nil {
		public, err = key.PublicKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	node := b.text(`fetch("/v1/info", {headers: {authorization: "Bearer " + sessionStorage.getItem("troupe-token")}}).then((r) => r.json()).then((i) => i.host)`)
	return public, func(ops ...string) string {
		limits := map[string]any{}
		if len(ops) > 0 {
			limits["ops"] = ops
		}
		now := time.Now().Unix()
		claims, err := json.Marshal(map[string]any{"iss": public, "sub": public, "aud": node, "iat": now, "exp": now + 600,
			"jti": fmt.Sprintf("%032x", now), "troupe": limits})
		if err != nil {
			t.Fatal(err)
		}
		text := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"ed25519-nkey"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
		signature, err := key.Sign([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return text + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
}

// TestAccess grants and revokes. The reader sees everything but the forms that write.
func TestAccess(t *testing.T) {
	b := open(t, "/access")
	public, token := newCaller(t, b)
	b.shows("tbody tr", "operator")
	b.fill("form.grant", "Public key", public)
	b.fill("form.grant", "Name", "Rita")
	b.fill("form.grant", "Role", "reader")
	b.click("form.grant button", "Grant")
	b.shows("[role=status]", "Rita is reader now")
	b.shows("tbody tr", "Rita")
	b.accessible("a grant")
	b.snap("access-granted")

	r := openAt(t, origin+"/#token="+token())
	r.shows(".who", "Rita")
	r.visit("/actors/warrior")
	r.shows("h2", "Query")
	r.lacks("h2", "Send")
	r.lacks("button", "Pause")
	r.accessible("what a reader sees")
	r.snap("reader")
	r.visit("/access")
	r.shows("main", "Only operators see who may do what")
	r.accessible("access for a reader")

	b.confirm("tbody button", "Revoke", "Take all from Rita?")
	b.shows("[role=status]", "Rita may do nothing any more")
	b.wait(`![...document.querySelectorAll("tbody tr")].some((e) => e.innerText.includes("Rita"))`)
	r.allow("status of 403")
	r.visit("/transactions")
	r.shows("main .failure", "forbidden")
}

// TestTokenToRead signs in with a token of an operator that is good for reading only.
func TestTokenToRead(t *testing.T) {
	b := open(t, "/access")
	public, token := newCaller(t, b)
	b.fill("form.grant", "Public key", public)
	b.fill("form.grant", "Name", "Olga")
	b.fill("form.grant", "Role", "operator")
	b.click("form.grant button", "Grant")
	b.shows("tbody tr", "Olga")
	r := openAt(t, origin+"/#token="+token("info", "stats", "log", "trace", "query", "scan", "actor*", "watch", "history"))
	r.shows(".who", "Olga")
	r.visit("/actors/warrior")
	r.shows("h2", "Query")
	r.lacks("h2", "Send")
	r.lacks("button", "Pause")
}

func TestSignIn(t *testing.T) {
	b := openAt(t, origin+"/#token=nonsense")
	b.allow("status of 401")
	b.shows(".sign-in", "Token")
	if at := b.text("location.href"); strings.Contains(at, "nonsense") {
		t.Errorf("a bad token stays in the address %s", at)
	}
	for _, scheme := range []string{"dark", "light"} {
		b.dress(scheme)
		b.accessible("sign in, " + scheme)
		b.snap("sign-in-" + scheme)
	}
	b.size(390, 844)
	b.snap("sign-in-phone")
	b.size(1280, 900)
	b.fill("form", "Token", "still wrong")
	b.click("form button", "Sign in")
	b.shows("[role=alert]", "token")
	b.fill("form", "Token", address) // as people paste it
	b.click("form button", "Sign in")
	b.shows("h2", "Latest transactions")
	b.click("button", "Sign out")
	b.shows(".sign-in", "Token")
	if b.is(`sessionStorage.length > 0`) {
		t.Error("something of the token is kept after signing out")
	}
}

// TestAnotherAddress pastes an address with a token into a tab that shows the dashboard already.
func TestAnotherAddress(t *testing.T) {
	b := open(t, "/actors")
	_, token, _ := strings.Cut(address, "#")
	b.eval(`(location.hash = `+quote(token)+`, true)`, new(bool))
	b.wait(`location.hash === "#/" && document.querySelector(".tile")`)
}
