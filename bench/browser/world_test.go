package browser

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	startForm  = "form.start"
	invokeForm = "form.message:has(input[list])"
)

// look looks at a page that shows something new, as TestPages does.
func (b *tab) look(name string) {
	b.Helper()
	for _, scheme := range []string{"dark", "light"} {
		b.dress(scheme)
		b.accessible(scheme + " " + name)
		b.snap(name + "-" + scheme)
	}
	b.size(390, 844)
	if width := b.text(`String(document.documentElement.scrollWidth)`); width != "390" {
		b.Errorf("%s is %s pixels wide on a phone of 390", name, width)
	}
	b.accessible("phone " + name)
	b.snap(name + "-phone")
	b.size(1280, 900)
}

// get asks a server of the world outside, as a browser does, and returns the status and the body.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// taken takes a port until free is called.
func taken(t *testing.T) (address string, free func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String(), func() { _ = l.Close() }
}

// link puts a link through the form.
func (b *tab) link(name, values string) {
	b.Helper()
	b.visit("/links")
	b.fill("form.grant", "Actor", "echo")
	b.fill("form.grant", "Provider", "web")
	b.shows("form.grant input", "wasmcloud:httpserver") // that of the provider
	b.fill("form.grant", "Name", name)
	b.fill("form.grant", "Values", values)
	b.click("form.grant button", "Link")
}

// TestClaimed starts an actor with claims, links, invokes, scales and stops it, and sees a link fail and recover.
func TestClaimed(t *testing.T) {
	b := open(t, "/actors")
	file, err := filepath.Abs(root + "/examples/echo/echo.wasm")
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(startForm+" input[type=file]", []string{file}))
	b.shows(".claims", "httpserver")
	b.wait(`document.querySelector("form.start input[pattern]").value === "echo"`)
	b.accessible("what a file claims")
	b.snap("claims-of-a-file")
	b.click(startForm+" button", "Start")
	b.shows("[role=status]", "echo runs: revision")
	b.shows("td", "● runs")
	b.look("actors-claimed")
	b.allow("status of 404")
	b.click("td a", "echo")
	b.shows("main", "It has not been called yet")
	b.shows("dd", "● runs")
	b.accessible("an actor that was not called yet")

	b.visit("/providers")
	b.fill("form.grant", "Name", "web")
	b.fill("form.grant", "Kind", "httpserver")
	b.click("form.grant button", "Provide")
	b.shows("[role=status]", "web is provided")
	b.shows("td", "troupe.httpserver/web")

	address, free := taken(t)
	free()
	b.link("", "address="+address)
	b.shows("[role=status]", "echo is linked to web")
	b.shows("td", "● healthy")
	b.shows("td", "listens on http://"+address)
	if status, body := get(t, "http://"+address+"/from?a=test"); status != 200 || !strings.Contains(body, `"path":"/from"`) {
		t.Errorf("the server answers %d %s", status, body)
	}

	second, free := taken(t)
	b.link("second", "address="+second)
	b.shows("td", "▲ failed")
	b.shows("td .error", second)
	b.shows("td", "tried")
	b.look("links-failed")
	b.visit("/providers")
	b.shows("td", "▲ failed")
	b.shows("td .error", second)
	b.look("providers-failed")
	b.visit("/")
	b.shows(".failure", "web does not do all that it should")
	b.accessible("an overview with a failure")
	b.click(".failure a", "the providers")
	free()
	b.shows("td", "listens on http://"+second)
	b.wait(`![...document.querySelectorAll("td")].some((e) => e.innerText.includes("▲"))`)
	if status, _ := get(t, "http://"+second+"/"); status != 200 {
		t.Errorf("the second server answers %d", status)
	}
	b.visit("/links")
	b.shows("td", "second")
	b.fill("form.grant", "Values", "no pair")
	b.fill("form.grant", "Actor", "echo")
	b.fill("form.grant", "Provider", "web")
	b.click("form.grant button", "Link")
	b.shows(".failure", "is not name=value")

	b.invokes(address)
	b.ends()
}

// invokes uses the page of the actor.
func (b *tab) invokes(address string) {
	b.Helper()
	b.visit("/actors/echo")
	b.shows("h2", "Claims")
	b.shows("td", "listens on http://"+address)
	b.fill(invokeForm, "Data", `{"method":"GET","path":"/invoked","queryString":"","header":{},"body":""}`)
	b.click(invokeForm+" button", "Invoke")
	b.shows(invokeForm+" .result", "✓ committed")
	b.shows(invokeForm+" .result", "statusCode")
	b.shows(invokeForm+" .tree", "HandleRequest")
	b.look("invoked")
	b.allow("status of 422")
	b.fill(invokeForm, "Operation", "Nothing.Such")
	b.click(invokeForm+" button", "Invoke")
	b.shows(invokeForm+" .result", "↩ rolled back")
	b.wait(`document.querySelector(` + quote(invokeForm+" .result .failure") + `)`)
	b.fill(invokeForm, "Data", "{")
	b.click(invokeForm+" button", "Invoke")
	b.shows(invokeForm+" .failure", "The data is not JSON")

	b.click("button", "Read the logs")
	b.wait(`document.querySelectorAll("section .notice .time").length >= 2`)
	b.shows(".notice .error", "")
	b.look("actor-logs")

	b.fill(".inline", "Instances of echo", "0")
	b.click(".inline button", "Scale")
	b.shows("[role=status]", "echo runs up to 0 calls")
	b.shows("dd", "▲ refused: echo is scaled to 0")
	if status, _ := get(b.T, "http://"+address+"/"); status != 503 {
		b.Errorf("an actor that takes no calls answers %d", status)
	}
	b.fill(".inline", "Instances of echo", "4")
	b.click(".inline button", "Scale")
	b.shows("dd", "● runs")
	if status, _ := get(b.T, "http://"+address+"/"); status != 200 {
		b.Errorf("an actor that takes four calls answers %d", status)
	}

	b.visit("/transactions")
	b.fill("main", "Filter", "troupe.httpserver/web HandleRequest from")
	b.wait(`document.querySelectorAll(".transactions tbody tr").length === 1`)
	b.shows(".transactions td", `HttpServer.HandleRequest {"method":"GET"`)
	b.click(".transactions tbody a", "")
	b.shows("dd", `"statusCode":200`)
	b.shows(".tree .call", "HttpServer.HandleRequest")
	b.shows(".tree .details", `"statusCode":200`)
	b.accessible("a tree of invocations")
	b.snap("tree-invocations")
}

// governs has an actor decide about calls that is not there, and so permits none, and ends that.
func (b *tab) governs() {
	b.Helper()
	const form = "form:has([name=perform_invocation])"
	b.shows(".hint", "Nobody is asked")
	b.fill(form, "Actor", "nobody")
	b.click(form+" label", "actors that start")
	b.click(form+" label", "providers that start")
	b.click(form+" button", "Have it decide")
	b.shows("[role=status]", "nobody decides from now on.")
	b.shows("p", "nobody decides about calls of actors and providers.")
	b.look("access-policy")
	b.confirm("button", "End", "Ask nobody no more?")
	b.shows("[role=status]", "nobody is asked no more.")
	b.shows(".hint", "Nobody is asked")
}

// ends bans and stops the actor, and takes everything away again.
func (b *tab) ends() {
	b.Helper()
	b.visit("/actors/echo")
	b.confirm(".buttons button", "Ban", "Ban the module of echo?")
	b.shows("dd", "▲ refused")
	b.visit("/access")
	b.shows("h2", "Trust")
	b.shows("td", "M")
	b.look("access-banned")
	b.confirm("button", "Unban", "End the ban")
	b.shows("[role=status]", "is banned no more")
	b.governs()
	b.visit("/actors")
	b.shows("td", "● runs")
	b.confirm(".buttons button", "Stop", "Stop echo and take its links?")
	b.shows("[role=status]", "echo is stopped")
	b.wait(`!document.querySelector("[aria-label='Actors with claims']")`)
	b.visit("/providers")
	b.confirm("td button", "Withdraw", "Withdraw web")
	b.shows(".hint", "There are no providers yet")
	b.visit("/links")
	b.shows(".hint", "There are no links yet")
}

// TestStartRefused starts what is no module with claims.
func TestStartRefused(t *testing.T) {
	b := open(t, "/actors")
	path, err := filepath.Abs(root + "/examples/echo/troupe.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(startForm+" input[type=file]", []string{path}))
	b.shows(".failure", "It is no WebAssembly")
	b.allow("status of 4")
	b.fill(startForm, "Name", "refused")
	b.click(startForm+" button", "Start")
	b.wait(`document.querySelectorAll(".failure").length === 2`) // and what the node says
	b.accessible("a start that was refused")
	b.snap("start-refused")
}

// TestLogs gives the pages a tree in which an actor has said something, and has asked the world outside in vain.
func TestLogs(t *testing.T) {
	b := open(t, "/actors/currency")
	b.eval(`(() => {
		const real = window.fetch;
		const asked = {kind: "query", from: "currency", to: "outside", outside: true, gas_used: 1, committed: false, why: "currency failed",
			call: 'HttpClient.Request {"method":"GET"}', answer: '{"statusCode":200}'};
		const root = {kind: "execute", from: "engine", to: "currency", gas_used: 2, committed: false, why: "it failed", code: "broken",
			message: "it does not hold", logs: ["info: said before that"], children: [asked]};
		window.fetch = (url, init) => String(url).endsWith("/v1/trace") ? Promise.resolve(Response.json({sequence: 8, root})) : real(url, init);
		return true;
	})()`, new(bool))
	b.click("button", "Read the logs")
	b.shows(".notice .log", "info: said before that")
	b.shows(".notice .error", "it does not hold")
	b.click(".notice a", "")
	b.shows(".tree .log", "info: said before that")
	b.shows(".tree .call", "asks")
	b.shows(".tree .call", `HttpClient.Request {"method":"GET"}`)
	b.shows(".tree .outcome", "was asked, although rolled back")
	b.accessible("a tree that asked the world outside")
	b.snap("tree-outside")
}
