package avow_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "avow.dev"

// mayImport is who may import whom, of ours. Imports point inward: words,
// instruments, gate, edges, cmd. Instruments do not know each other, with the
// exceptions that stand here.
var mayImport = map[string][]string{
	"":                       {},
	"internal/spelling":      {},
	"policy/syntax":          {"internal/spelling"},
	"policy/vocab":           {"internal/spelling"},
	"policy/law":             {},
	"ledger":                 {},
	"internal/secret":        {},
	"internal/password":      {},
	"internal/strict":        {},
	"internal/chromium":      {"internal/chromium"},
	"evidence":               {""},
	"retain":                 {""},
	"detect":                 {},
	"work":                   {""},
	"internal/permit":        {""},
	"redact":                 {"", "internal/secret"},
	"disclose":               {},
	"policy":                 {"", "policy/syntax", "policy/vocab", "policy/law", "internal/permit"},
	"policy/reference":       {"", "policy/syntax", "policy/vocab", "policy/law"},
	"policy/exhaust":         {"", "policy", "policy/reference", "policy/syntax", "policy/vocab", "policy/law"},
	"policy/vet":             {"", "policy", "policy/syntax", "policy/vocab", "policy/law"},
	"vault/internal/durable": {},
	"internal/disk":          {},
	"vault/keyfile":          {"vault/internal/durable", "internal/disk"},
	"vault":                  {"", "internal/permit", "internal/secret", "vault/keyfile", "vault/internal/durable"},
	"vault/blob":             {"", "internal/secret", "vault", "vault/internal/durable"},
	"notice/statements":      {"internal/spelling"},
	"notice/letter":          {},
	"notice":                 {"", "notice/statements", "policy", "policy/syntax", "policy/vocab", "policy/law"},
	"envelope":               {""},
	"gate":                   {"", "detect", "envelope", "policy", "policy/syntax", "policy/vet", "policy/vocab", "policy/law", "internal/passkey", "internal/permit", "internal/password", "internal/secret", "evidence", "retain", "redact", "vault", "vault/blob", "ledger", "notice", "notice/letter", "disclose"},
	"store/storetest":        {"", "gate"},
	"store/sqlite/internal":  {},
	"store/sqlite":           {"", "gate", "internal/disk"},
	"internal/auth":          {"", "gate", "internal/officer"},
	"web/html":               {"", "policy"},
	"web/front":              {"gate", "web/html"},
	"web/stop":               {"", "gate", "web/html"},
	"web/proof":              {"", "gate", "notice", "policy", "web/html"},
	"web/transparency":       {"", "gate", "notice", "policy/syntax", "web/html"},
	"internal/caller":        {},
	"internal/outside":       {},
	"internal/mailbox":       {},
	"internal/journey":       {},
	"webhook":                {"", "envelope"},
	"deliver":                {"", "gate", "internal/outside", "notice/letter", "webhook"},
	"web/centre":             {"", "cookies", "gate", "evidence", "internal/signin", "notice", "policy", "policy/syntax", "policy/vocab", "web/html"},
	"consent":                {"", "evidence", "policy/syntax", "policy/vocab"},
	"internal/passkey":       {"internal/passkey"},
	"internal/officer":       {"", "gate", "internal/passkey", "internal/password"},
	"web/console":            {"", "gate", "internal/officer", "internal/signin", "notice", "policy", "policy/syntax", "web/html"},
	"internal/signin":        {"", "gate", "internal/caller", "internal/passkey"},
	"cookies":                {"", "policy", "policy/syntax"},
	"web/browser":            {"", "gate", "internal/caller", "cookies", "policy", "policy/syntax", "notice", "internal/strict"},
	"web/internal":           {"web/internal/build"},
	"httpapi":                {"", "consent", "detect", "gate", "evidence", "internal/auth", "internal/caller", "internal/officer", "internal/signin", "internal/strict", "internal/secret", "ledger", "notice", "policy", "policy/syntax", "policy/vocab", "policy/law"},
}

// edges see each other only where they are wired together.
var wiring = []string{"internal/engine", "internal/storybook", "prove", "examples", "cmd/"}

// TestLayering reads the imports of every file in this process, so that no test
// cache can hide a new one.
func TestLayering(t *testing.T) {
	t.Parallel()
	for path, file := range sources(t) {
		pkg := filepath.ToSlash(filepath.Dir(path))
		if pkg == "." {
			pkg = ""
		}
		if isWiring(pkg) {
			continue
		}
		allowed, known := allowance(pkg)
		if !known {
			t.Errorf("%s: package %q has no line in the layering table", path, pkg)
			continue
		}
		for _, imp := range file.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil || name != module && !strings.HasPrefix(name, module+"/") {
				continue
			}
			ours := strings.TrimPrefix(strings.TrimPrefix(name, module), "/")
			if !slices.Contains(allowed, ours) && !strings.HasPrefix(ours, pkg+"/internal/") {
				t.Errorf("%s imports %s: %s may import %v of ours", path, name, pkg, allowed)
			}
		}
	}
}

// TestOnlyPolicyMints holds the line that Go cannot draw: a permit comes from a
// decision, and a decision that is acted upon is taken in the gate.
func TestOnlyPolicyMints(t *testing.T) {
	t.Parallel()
	for path, file := range sources(t) {
		pkg := filepath.ToSlash(filepath.Dir(path))
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "permit" && sel.Sel.Name == "Mint" && pkg != "policy" {
				t.Errorf("%s mints a permit", path)
			}
			if sel.Sel.Name == "Authorize" && pkg != "policy" && pkg != "gate" {
				t.Errorf("%s authorizes outside the gate", path)
			}
			return true
		})
	}
}

// TestTheClockIsPassedIn: only the command reads the time, and nobody sleeps.
func TestTheClockIsPassedIn(t *testing.T) {
	t.Parallel()
	for path, file := range sources(t) {
		if strings.HasPrefix(filepath.ToSlash(path), "cmd/") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := sel.X.(*ast.Ident)
			if ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep"}, sel.Sel.Name) {
				t.Errorf("%s calls time.%s", path, sel.Sel.Name)
			}
			return true
		})
	}
}

// TestNoQueryIsPutTogether: SQL stands in constants. No text that looks like a
// query is formatted or joined with anything.
func TestNoQueryIsPutTogether(t *testing.T) {
	t.Parallel()
	query := func(e ast.Expr) bool {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return false
		}
		s := strings.ToUpper(strings.TrimLeft(lit.Value, "\"` \n\t"))
		return slices.ContainsFunc([]string{"SELECT ", "INSERT ", "UPDATE ", "DELETE FROM ", "REPLACE INTO "}, func(w string) bool { return strings.HasPrefix(s, w) })
	}
	for path, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				sel, ok := n.Fun.(*ast.SelectorExpr)
				if ok && strings.Contains(sel.Sel.Name, "rintf") && slices.ContainsFunc(n.Args, query) {
					t.Errorf("%s formats a query", path)
				}
			case *ast.BinaryExpr:
				if n.Op == token.ADD && (query(n.X) || query(n.Y)) && !(isLiteral(n.X) && isLiteral(n.Y)) {
					t.Errorf("%s joins a query with something", path)
				}
			}
			return true
		})
	}
}

func isLiteral(e ast.Expr) bool {
	_, ok := e.(*ast.BasicLit)
	return ok
}

func isWiring(pkg string) bool {
	return slices.ContainsFunc(wiring, func(w string) bool { return pkg == w || strings.HasPrefix(pkg+"/", strings.TrimSuffix(w, "/")+"/") })
}

func allowance(pkg string) ([]string, bool) {
	for p := pkg; ; p = p[:strings.LastIndex(p, "/")] {
		if allowed, ok := mayImport[p]; ok {
			return allowed, true
		}
		if !strings.Contains(p, "/") {
			return nil, false
		}
	}
}

// sources returns the non-test files of the module by path.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := make(map[string]*ast.File)
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bench" || hasModule(path)) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		files[path] = f
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files found: the walk is broken", len(files))
	}
	return files
}

func hasModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil && dir != "."
}
