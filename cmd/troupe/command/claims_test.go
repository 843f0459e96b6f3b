package command

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime"
)

// archive writes the archive of a provider with one program, which is not the one that was signed if it is forged.
func archive(t *testing.T, program string, forged bool) (file, token string) {
	t.Helper()
	account, err := claims.NewKey(claims.AccountKey)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := claims.NewKey(claims.ProviderKey)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(program))
	token, err = claims.SignProvider(account, claims.Provider{Subject: provider.Public(), Name: "Redis", Contract: "wasmcloud:keyvalue", Vendor: "v",
		Targets: map[string]string{"x86_64-linux": strings.ToUpper(hex.EncodeToString(sum[:]))}})
	if err != nil {
		t.Fatal(err)
	}
	if forged {
		program += "!"
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range [][2]string{{"claims.jwt", token}, {"x86_64-linux.bin", program}} {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Size: int64(len(f[1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "redis.par")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, token
}

func TestInspectArchive(t *testing.T) {
	file, token := archive(t, "program", false)
	for arg, want := range map[string]string{
		"--output=text": "Redis - Provider Archive\n", "--output=json": `"capability_contract_id":"wasmcloud:keyvalue","vendor":"v","version":"None","revision":"0","targets":["x86_64-linux"],"hash":"verified"}`,
		"--jwt-only": token + "\n", "--jwt_only": token + "\n", "--no-cache": "x86_64-linux\n",
	} {
		if code, stdout, stderr := run(t, runtime.Options{}, "claims", "inspect", file, arg); code != ExitOK || !strings.Contains(stdout, want) {
			t.Errorf("%s ends with %d, prints\n%s\nand says %s", arg, code, stdout, stderr)
		}
	}
	file, _ = archive(t, "program", true)
	if code, stdout, stderr := run(t, runtime.Options{}, "claims", "inspect", file); code != ExitUsage || stdout != "" || !strings.Contains(stderr, "is not the one that was signed") {
		t.Errorf("another program ends with %d, prints %q and says %q", code, stdout, stderr)
	}
}

// TestInspectClassicActors is acceptance 1: claims inspect tells who has signed each of the real actors in the folder that
// TROUPE_WASMBUS_ACTORS names, and what for.
func TestInspectClassicActors(t *testing.T) {
	dir := os.Getenv("TROUPE_WASMBUS_ACTORS")
	if dir == "" {
		t.Skip("TROUPE_WASMBUS_ACTORS names no folder of actors")
	}
	for name, want := range map[string][]string{
		"otp_echo.wasm": {"Echo - Module\n", "ACOJJN6WUP4ODD75XEBKKTCCUJJCY5ZKQ56XVKYK4BEJWGVAOOQHZMCW\n", "MBCFOPM6JW2APJLXJD3Z5O4CN7CPYJ2B4FTKLJUR5YR5MITIU7HD3WD5\n", "0.3.4 (4)\n",
			"(Not set)\n", "Capabilities\n  HTTP Server\n", "  None\n"},
		"otp_kvcounter.wasm":                {"kvcounter - Module\n", "MCFMFDWFHGKELOXPCNCDXKK5OFLHBVEWRAOXR5JSQUD2TOFRE3DFPM7E\n", "  HTTP Server\n  K/V Store\n"},
		"wascap_echo_messaging_v0.9.0.wasm": {"  Messaging\n  Logging\n"},
		"otp_ponger_s.wasm":                 {"wasmcloud/ponger\n", "Capabilities\n"},
		"otp_echo_unpriv_s.wasm":            {"MCRACEYKJLCP7NLVMUTO2SCQ26JFL3Z4TBIXPXDE7KPBI2GEH5DA57L5\n", "Capabilities\n"},
	} {
		code, stdout, stderr := run(t, runtime.Options{}, "claims", "inspect", filepath.Join(dir, name))
		for _, part := range append(want, "Hash", "verified\n", "never\n", "immediately\n") {
			if code != ExitOK || !strings.Contains(stdout, part) {
				t.Errorf("%s ends with %d, prints no %q but\n%s\nand says %s", name, code, part, stdout, stderr)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if code, _, stderr := run(t, runtime.Options{}, "claims", "inspect", file); code != ExitOK {
			t.Errorf("%s ends with %d and says %s", file, code, stderr)
		}
	}
}

func TestHumanTime(t *testing.T) {
	now := time.Unix(1_000_000_000, 0)
	for _, row := range []struct {
		after time.Duration
		want  string
	}{
		{0, "in 0s"}, {time.Second, "in 1s"}, {-time.Second, "1s ago"}, {16*time.Minute + 40*time.Second, "in 16m"}, {-8*time.Hour - time.Minute, "8h ago"},
		{24 * time.Hour, "in 1day"}, {3*24*time.Hour + 5*time.Hour, "in 3days"}, {31 * 24 * time.Hour, "in 1month 13h 26m 24s"}, {400 * 24 * time.Hour, "in 1year 1month 4days 7h 26m 24s"},
	} {
		if got := humanTime(now.Add(row.after), now, "never"); got != row.want {
			t.Errorf("after %v it is %q, want %q", row.after, got, row.want)
		}
	}
	if got := humanTime(time.Time{}, now, "never"); got != "never" {
		t.Errorf("no time is %q", got)
	}
}

func TestKeyName(t *testing.T) {
	for what, want := range map[string]string{"echo": "echo_module", "My Actor": "my-actor_module", "../é": "my_module", "": "my_module", "_x": "x_module",
		strings.Repeat("a", 99): strings.Repeat("a", 40) + "_module"} {
		if got := keyName(what, "module"); got != want {
			t.Errorf("%q is %q, want %q", what, got, want)
		}
	}
}
