package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a page may take to show something, on a machine that has other things to do.
const patience = 2 * time.Minute

// A tab shows one page of the dashboard.
type tab struct {
	*testing.T
	ctx context.Context

	mu      sync.Mutex
	noise   []string // what went wrong behind the page: errors, and requests to elsewhere
	allowed []string
}

// open shows the page at a path such as "/actors/warrior", signed in as the operator. When the test ends nothing may have
// gone wrong behind the page.
func open(t *testing.T, path string) *tab {
	t.Helper()
	b := openAt(t, address)
	b.wait(`document.querySelector("main h1")`)
	b.visit(path)
	return b
}

// openAt shows an address, whatever comes of it.
func openAt(t *testing.T, url string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.quiet)
	b.size(1280, 900)
	b.do(chromedp.Navigate(url))
	return b
}

// hear collects what goes wrong behind the page.
func (b *tab) hear(event any) {
	var text string
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			text = fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		text = "exception: " + e.ExceptionDetails.Text + " " + e.ExceptionDetails.Exception.Description
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			parts := []string{"console." + string(e.Type)}
			for _, arg := range e.Args {
				parts = append(parts, string(arg.Value)+arg.Description)
			}
			text = strings.Join(parts, " ")
		}
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, origin+"/") && !strings.HasPrefix(url, "data:") && url != "about:blank" {
			text = "a request to elsewhere: " + url
		}
		if strings.Contains(e.Request.URL, "token") {
			text = "a token in the address of a request: " + e.Request.URL
		}
	}
	if text != "" {
		b.mu.Lock()
		b.noise = append(b.noise, text)
		b.mu.Unlock()
	}
}

// allow lets noise pass that contains the text: the browser itself logs each answer that is an error.
func (b *tab) allow(text string) { b.allowed = append(b.allowed, text) }

func (b *tab) quiet() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.noise {
		ok := false
		for _, allowed := range b.allowed {
			ok = ok || strings.Contains(text, allowed)
		}
		if !ok {
			b.Errorf("behind the page: %s", text)
		}
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.fail("%v", err)
	}
}

// eval evaluates an expression, or what it promises, into a value that out points to, and reports whether that is true.
func (b *tab) eval(expression string, out any) bool {
	b.Helper()
	if err := b.try(expression, out); err != nil {
		b.fail("%s: %v", expression, err)
	}
	is, _ := out.(*bool)
	return is != nil && *is
}

func (b *tab) try(expression string, out any) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`(async () => JSON.stringify(await (`+expression+`)) ?? "null")()`, chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), out)
}

func (b *tab) text(expression string) string {
	b.Helper()
	var s string
	b.eval(expression, &s)
	return s
}

// is reports whether an expression is true now.
func (b *tab) is(expression string) bool {
	b.Helper()
	return b.eval("Boolean("+expression+")", new(bool))
}

// wait waits until an expression is true. While the page is loaded anew nothing can be asked.
func (b *tab) wait(expression string) {
	b.Helper()
	end := time.Now().Add(patience)
	for {
		var is bool
		err := b.try("Boolean("+expression+")", &is)
		if is {
			return
		}
		if time.Now().After(end) {
			b.fail("the page never came to %s (%v)", expression, err)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// shows waits until the element that the selector finds has the text in it.
func (b *tab) shows(selector, text string) {
	b.Helper()
	b.wait(fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => (e.value || e.innerText || e.textContent).includes(%s))`, quote(selector), quote(text)))
}

// lacks fails if the selector finds something that has the text.
func (b *tab) lacks(selector, text string) {
	b.Helper()
	if b.is(fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => e.innerText.includes(%s))`, quote(selector), quote(text))) {
		b.fail("%s shows %q", selector, text)
	}
}

// fail ends the test with what the page shows.
func (b *tab) fail(format string, args ...any) {
	b.Helper()
	b.snap("failed-" + strings.ReplaceAll(b.Name(), "/", "-"))
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Second)
	defer cancel()
	page, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	b.Fatalf("%s\nThe page is %.2000s", fmt.Sprintf(format, args...), page)
}

// visit goes to another page of the dashboard and waits until it is there.
func (b *tab) visit(path string) {
	b.Helper()
	b.eval(fmt.Sprintf(`new Promise((there) => {
		if (location.hash === %[1]s) return there(true);
		addEventListener("hashchange", () => setTimeout(there, 0, true), {once: true}); // behind those who draw the other page
		location.hash = %[1]s;
	})`, quote("#"+path)), new(bool))
	b.settle()
}

// settle waits until the page has loaded what it shows.
func (b *tab) settle() {
	b.Helper()
	b.wait(`document.querySelector("main h1") && ![...document.querySelectorAll("main .hint")].some((e) => e.textContent === "Loading…")`)
}

// click clicks what the selector finds, the first that has the text if there is one.
func (b *tab) click(selector, text string) {
	b.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%s)].find((e) => e.textContent.includes(%s))`, quote(selector), quote(text))
	b.wait(find)
	var at struct{ X, Y float64 }
	b.eval(fmt.Sprintf(`(() => { const e = %s; e.scrollIntoView({block: "center", behavior: "instant"}); const r = e.getClientRects()[0];
		return {X: r.x + Math.min(r.width / 2, 20), Y: r.y + r.height / 2}; })()`, find), &at)
	b.do(chromedp.MouseClickXY(at.X, at.Y))
}

// confirm clicks what the selector finds that has the text, and then what it asks. The question goes away by itself after some
// seconds; on a machine that needs longer it is asked once more.
func (b *tab) confirm(selector, text, question string) {
	b.Helper()
	b.click(selector, text)
	b.wait(fmt.Sprintf(`((all) => {
		const asked = all.find((e) => e.textContent.includes(%s));
		(asked ?? all.find((e) => e.textContent.includes(%s)))?.click();
		return asked;
	})([...document.querySelectorAll(%s)])`, quote(question), quote(text), quote(selector)))
}

// fill puts a text into the input that belongs to a label, in the place of what is there, as who pastes it.
func (b *tab) fill(within, label, text string) {
	b.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(%s)].flatMap((f) => [...f.querySelectorAll("input, textarea, select")]).find((i) => i.labels[0]?.textContent.trim().startsWith(%s))`,
		quote(within), quote(label))
	b.wait(find)
	if b.is(find + `.tagName === "SELECT"`) {
		b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const e = %s; e.focus(); e.value = %s; e.dispatchEvent(new Event("change", {bubbles: true})); })()`, find, quote(text))))
		return
	}
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const e = %s; e.focus(); e.select(); })()`, find)))
	b.press(kb.Backspace)
	if _, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: text}); err != nil {
		b.Fatal(err)
	}
}

// press presses keys, one after the other.
func (b *tab) press(keys string) {
	b.Helper()
	b.do(chromedp.KeyEvent(keys))
}

func (b *tab) size(width, height int64) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// dress says whether people prefer light or dark.
func (b *tab) dress(scheme string) {
	b.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	if err != nil {
		b.Fatal(err)
	}
}

// snap writes a picture of the whole page, where pictures are wanted.
func (b *tab) snap(name string) {
	if *shots == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644)
	}
	if err != nil {
		b.Log(name, err)
	}
}

func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text can always be written
	}
	return string(b)
}
