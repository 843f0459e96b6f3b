package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const sendForm = "form.message:has(input[placeholder='my own key'])"

// send sends a body through the form on the page of an actor.
func (b *tab) send(as, body string) {
	b.Helper()
	b.fill(sendForm, "Body", body)
	b.fill(sendForm, "As", as)
	b.click(sendForm+" button", "Send")
}

func TestOverview(t *testing.T) {
	b := openAt(t, address)
	b.wait(`document.querySelector(".tile")`)
	if at := b.text("location.href"); at != origin+"/#/" {
		t.Errorf("the address is %s: the token must not stay there", at)
	}
	history, err := chromedp.Run(b.ctx, chromedp.NavigationEntries())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range history.Entries {
		if strings.Contains(entry.URL, "token") {
			t.Errorf("the history has %s", entry.URL)
		}
	}
	if b.is(`performance.getEntriesByType("resource").some((e) => e.name.includes("token"))`) {
		t.Error("the token was a part of a request")
	}
	b.shows(".tile", "since the start")
	b.shows(".chart figcaption", "Latency")
	b.shows(".transactions tr", "mallory")
	b.lacks("main", "NaN")
	b.lacks("main", "undefined")

	actor := open(t, "/actors/currency")
	actor.send("engine", `{"mint":{"to":"overview","amount":5}}`)
	actor.shows(".result", "committed")
	b.shows(".transactions tr", `"to":"overview"`)
	b.wait(`[...document.querySelectorAll(".tile .more")].some((e) => /[1-9]\d* since the start/.test(e.innerText))`)
	b.wait(`document.querySelector(".chart path.line-0").getAttribute("d").length > 20`)
	b.shows(".tile", "99 % within")
	b.snap("overview-busy")
}

func TestTransactions(t *testing.T) {
	b := open(t, "/transactions")
	b.shows(".transactions tr", "naive")
	b.fill("main", "Filter", "mallory")
	b.shows("[role=status]", "1 of the")
	b.wait(`document.querySelectorAll(".transactions tbody tr").length === 1`)
	b.shows(".transactions tbody tr", "rolled back: unauthorized")
	b.fill("main", "Filter", "payout warrior")
	b.fill("main", "Outcome", "committed")
	b.wait(`document.querySelectorAll(".transactions tbody tr").length >= 2`)
	b.lacks(".transactions tbody tr", "rolled back")
	b.snap("transactions-filter")
	b.fill("main", "Filter", "nobody at all")
	b.shows("[role=status]", "0 of the")
	b.accessible("an empty filter")
	b.fill("main", "Filter", "mallory")
	b.fill("main", "Outcome", "")
	b.click(".transactions tbody a", "12")
	b.shows("h1", "Transaction 12")
	b.shows(".failure", "only engine may ask for a payout")
	b.click(".pager a", "11")
	b.shows("h1", "Transaction 11")
	b.visit("/transactions/1000000")
	b.shows("main", "There is no transaction 1000000 yet")
	b.visit("/transactions/x")
	b.shows("main", "numbers from 1 on")
}

// TestTree looks at a transaction that committed although a part of it was rolled back.
func TestTree(t *testing.T) {
	b := open(t, "/transactions/8")
	b.shows("h1", "Transaction 8")
	const transfer = `[...document.querySelectorAll(".tree .node")].filter((e) => e.querySelector(":scope > [role=treeitem]").innerText.includes("transfer")).at(-1)`
	const root = `document.querySelector(".tree > .node")`
	b.wait(transfer)
	for of, want := range map[string]struct{ word, line string }{root: {"✓ committed", "solid"}, transfer: {"↩ rolled back", "dashed"}} {
		if text := b.text(of + ".querySelector('.outcome').innerText"); !strings.HasPrefix(text, want.word) {
			t.Errorf("%s: %q, want %s", of, text, want.word)
		}
		if line := b.text("getComputedStyle(" + of + ").borderLeftStyle"); line != want.line {
			t.Errorf("%s has a line that is %s, want %s", of, line, want.line)
		}
	}
	b.shows(".tree .reply", "reply 1")
	b.shows(".tree .reply", "error insufficient_funds")
	b.shows(".tree .policy", "id 1, reply on error")
	b.shows(".tree .event", "unpaid player=alice")
	b.shows(".tree .gas", "gas")
	b.lacks(".tree .event", "execute") // the host's own
	b.lacks(".tree .event", "reply")
	b.shows(".diff", "succeeded/alice")

	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[role=treeitem]").focus()`))
	at := func(path string) {
		t.Helper()
		b.wait(`document.activeElement.dataset.path === ` + quote(path))
	}
	for _, step := range []struct{ key, path string }{
		{kb.ArrowDown, "0.0"}, {kb.ArrowDown, "0.1"}, {kb.ArrowUp, "0.0"}, {kb.End, "0.2"}, {kb.ArrowLeft, "0.2"}, // closes
		{kb.ArrowLeft, "0"}, {kb.ArrowRight, "0.0"}, {kb.Home, "0"},
	} {
		b.press(step.key)
		at(step.path)
	}
	b.wait(`document.querySelector('[data-path="0.2"]').getAttribute("aria-expanded") === "false"`)
	b.press(kb.Enter)
	b.wait(`document.querySelectorAll("[role=treeitem]").length === 1`)
	b.press(kb.Enter)
	b.wait(`document.querySelectorAll("[role=treeitem]").length === 4`)
	b.click(".call .kind", "execute")
	b.wait(`document.querySelectorAll("[role=treeitem]").length === 1`)
	b.accessible("a closed tree")
}

func TestWholeTransactionRolledBack(t *testing.T) {
	b := open(t, "/transactions/11")
	b.shows(".tree .outcome", "rolled back: naive failed")
	b.wait(`[...document.querySelectorAll(".tree .node:not(.query)")].every((e) => getComputedStyle(e).borderLeftStyle === "dashed")`)
	b.lacks(".tree .outcome", "committed")
	b.lacks(".tree .policy", "never")
}

func TestInstallation(t *testing.T) {
	b := open(t, "/transactions/4")
	b.shows(".tree .call", "install module currency")
	b.click(".tree .call a", "currency")
	b.shows("h1", "currency")
	b.shows(".names li", "troupe.state_get")
	b.visit("/modules")
	b.shows("td", "native")
}

func TestActors(t *testing.T) {
	b := open(t, "/actors")
	b.shows("td", "troupe.access")
	b.fill("main", "Address begins", "war")
	b.wait(`document.querySelectorAll("tbody tr").length === 1`)
	b.fill("main", "Address begins", "nobody")
	b.shows(".hint", "No address begins with nobody")
	b.fill("main", "Address begins", "war")
	b.click("tbody a", "warrior")
	b.shows("h1", "warrior")
	b.shows("dl", "engine")
	b.click("dl a", "transactions that mention it")
	b.shows(".transactions td", "mallory")
	b.lacks(".transactions td:nth-child(4)", "naive")
	b.visit("/actors/engine")
	b.allow("status of 404")
	b.shows("main", "There is no actor at this address")
}

// TestSend sends from the forms, and watches what comes of it.
func TestSend(t *testing.T) {
	b := open(t, "/actors/currency")
	b.shows("tbody td", "balances/bob")
	b.send("engine", `{"mint":{"to":"walker","amount":7}}`)
	b.shows(".result", "committed")
	b.shows(".result", "transaction")
	b.shows(".live .notice", "balances/walker = 7")
	b.shows("tbody tr", "balances/walker")
	b.snap("actor-sent")
	b.accessible("a receipt")

	b.click("tbody button", "balances/walker")
	b.shows(".history li", "7")
	b.send("engine", `{"mint":{"to":"walker","amount":3}}`)
	b.shows(".live .notice", "balances/walker = 10")
	b.shows(".history li:first-child", "10") // without being asked
	b.wait(`document.querySelectorAll(".history li").length === 2`)
	b.accessible("a history")
	b.snap("actor-history")
	b.fill("main", "Key begins", "balances/w")
	b.wait(`[...document.querySelectorAll("tbody tr")].every((e) => e.innerText.startsWith("balances/w"))`)
	b.fill("main", "Key begins", "zzz")
	b.shows(".hint", "No key begins with zzz")

	b.allow("status of 422")
	b.send("pauper", `{"transfer":{"to":"walker","amount":3}}`)
	b.shows(".result .outcome", "rolled back")
	b.shows(".result .failure", "insufficient_funds")
	b.accessible("a failure")
	b.snap("actor-failed")
	b.click(".result .failure a", "transaction")
	b.shows(".failure", "pauper owns 0")
}

// TestSendBySchema sends what the module says about itself: a choice of messages, an input for each field.
func TestSendBySchema(t *testing.T) {
	b := open(t, "/actors/warrior")
	b.fill(sendForm, "Message", "payout")
	b.fill(sendForm, "player", "zoe")
	b.shows(sendForm+" textarea", `"player": "zoe"`)
	b.accessible("a form by schema")
	b.snap("actor-schema")
	b.fill(sendForm, "As", "engine")
	b.click(sendForm+" button", "Send")
	b.shows(".result", "committed")
	b.shows("tbody tr", "succeeded/zoe")
	b.shows(".live .notice", "succeeded/zoe = true")

	b.fill(sendForm, "Body", `{"payout":`)
	b.click(sendForm+" button", "Send")
	b.shows(".failure", "The body is not JSON")
}

func TestQuery(t *testing.T) {
	b := open(t, "/actors/warrior")
	const form = "form.message:not(:has(input[placeholder='my own key']))"
	b.fill(form, "Message", "succeeded")
	b.fill(form, "player", "bob")
	b.shows(form+" textarea", `"player": "bob"`)
	b.click(form+" button", "Ask")
	b.shows(form+" .result", "true")
	b.shows(form+" .result", "gas")
	b.fill(form, "Body", `{"succeeded":{"player":"nobody"}}`)
	b.wait(`[...document.querySelectorAll("` + form + ` input")].some((e) => e.value === "nobody")`)
	b.click(form+" button", "Ask")
	b.shows(form+" .result", "false")
}

// TestLong checks that a long body is folded.
func TestLong(t *testing.T) {
	b := open(t, "/actors/currency")
	b.send("engine", `{"mint":{"to":"long/`+strings.Repeat("x", 180)+`","amount":1}}`)
	b.shows(".result", "committed")
	b.click(".result a", "transaction")
	b.shows(".tree .fold summary", "characters")
	b.lacks(".tree .heading", strings.Repeat("x", 180))
	b.click(".tree .fold summary", "characters")
	b.shows(".tree .fold pre", strings.Repeat("x", 180))
	b.wait(`document.querySelector("[role=treeitem]").getAttribute("aria-expanded") === "true"`)
}

// TestOlder checks that pages of the list follow each other without gaps.
func TestOlder(t *testing.T) {
	b := open(t, "/transactions")
	var last int
	b.eval(`(async () => {
		const headers = {authorization: "Bearer " + sessionStorage.getItem("troupe-token"), "content-type": "application/json"};
		let last = 0;
		for (let i = 0; i < 60; i++) {
			const body = JSON.stringify({to: "currency", as: "engine", body: {json: {mint: {to: "many", amount: 1}}}});
			const answer = await fetch("/v1/send", {method: "POST", headers, body});
			if (!answer.ok) return 0;
			last = (await answer.json()).sequence;
		}
		return last;
	})()`, &last)
	if last == 0 {
		t.Fatal("a message was not sent")
	}
	top := func(sequence int) {
		t.Helper()
		b.wait(fmt.Sprintf(`document.querySelector(".transactions tbody tr td:first-child")?.innerText.replaceAll(",", "") === "%d"`, sequence))
	}
	top(last) // the list has caught up with what was sent
	b.click("label.check", "live")
	var seen []int
	for range 20 {
		var page []int
		b.eval(`[...document.querySelectorAll(".transactions tbody tr td:first-child")].map((e) => Number(e.innerText.replaceAll(",", "")))`, &page)
		seen = append(seen, page...)
		if seen[len(seen)-1] == 1 {
			break
		}
		b.click("main button", "Older")
		top(page[len(page)-1] - 1)
	}
	for i := range seen {
		if want := seen[0] - i; seen[i] != want {
			t.Fatalf("%d at the place of %d in %v", seen[i], want, seen)
		}
	}
}

func TestPause(t *testing.T) {
	b := open(t, "/actors/naive")
	b.click(".pause button", "Pause…")
	b.fill(".pause", "Reason", "stock-taking")
	b.accessible("the form to pause")
	b.click(".pause form button", "Pause naive")
	b.shows(".badge", "paused: stock-taking")
	b.snap("actor-paused")
	b.allow("status of 422")
	b.send("engine", `{"payout":{"player":"bob"}}`)
	b.shows(".result .failure", "stock-taking")
	b.click(".pause button", "Resume")
	b.wait(`!document.querySelector(".badge")`)
}

func TestCopy(t *testing.T) {
	b := open(t, "/transactions/8")
	b.wait(`document.querySelector("button.copy")`)
	// It says so for a moment.
	b.eval(`((e) => (new MutationObserver(() => { window.said ??= e.getAttribute("aria-label"); }).observe(e, {attributes: true}), true))(document.querySelector("button.copy"))`, new(bool))
	b.click("button.copy", "")
	b.wait(`window.said === "Copied the root"`)
	var text string
	b.eval(`navigator.clipboard.readText().catch((e) => "")`, &text)
	if text != "" && len(text) != 64 {
		t.Errorf("%q was copied, which is no root", text)
	}
}

// TestLargeTree gives the page the tree of a transaction with thousands of calls.
func TestLargeTree(t *testing.T) {
	b := openAt(t, origin+"/style.css") // of the same origin, and without the dashboard
	_, token, _ := strings.Cut(address, "#token=")
	b.eval(`(sessionStorage.setItem("troupe-token", `+quote(token)+`), true)`, new(bool))
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		const real = window.fetch;
		const call = (n, children) => ({kind: "execute", from: "a", to: "b", gas_used: n, committed: true, children});
		window.fetch = (url, init) => !String(url).endsWith("/v1/trace") ? real(url, init) :
			Promise.resolve(Response.json({sequence: 8, root: call(5000, Array.from({length: 1000}, () => call(5, [call(1), call(1), call(1), call(1)])))}));`})
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(origin + "/#/transactions/8"))
	b.wait(`document.querySelectorAll("[role=treeitem]").length === 201`)
	b.shows(".tree > li > .hint", "and 800 more")
	b.click("[data-path='0.199'] .twist", "")
	b.wait(`document.querySelectorAll("[role=treeitem]").length === 205`)
	b.accessible("a large tree")
}
