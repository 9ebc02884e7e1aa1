package storybook

import (
	"context"
	"html/template"
	"net"
	"net/http"
	"strings"
	"time"
)

// A shop is a site of the club's own, which brings the script along: the banner stands
// on pages like this one and on none of ours.
type shop struct {
	server *http.Server
	url    string
	done   chan error
}

var front = template.Must(template.New("shop").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<script src="{{.Script}}"></script><link rel="stylesheet" href="/shop.css"><title>{{.Title}}</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p><p><a href="/">{{.Link}}</a> · <button type="button" data-avow-open>{{.Open}}</button></p></main></body></html>`))

const look = `:root{color-scheme:light dark}body{margin:0;font:1.05rem/1.6 system-ui,sans-serif;color:#1b2226;background:#f4f7f5}main{max-width:44rem;margin:0 auto;padding:3rem 1.25rem}
h1{font-size:2rem;line-height:1.2}a{color:#0b6b50}button{font:inherit;padding:.3rem .8rem}@media (prefers-color-scheme:dark){body{color:#e4e9eb;background:#13191d}a{color:#7fd6b8}}`

// words of the shop, in each language.
var shopWords = map[string][4]string{
	"en": {"Walks in the hills", "Every Sunday we walk together, twelve kilometres or so, with a rest above the bay. Come along.", "The next walk", "Cookies"},
	"zh": {"山野徒步", "每个星期日,我们一起走大约十二公里,在海湾上方歇一歇。欢迎同行。", "下一次徒步", "Cookie 设置"},
}

// openShop opens the site, with the script of a server.
func openShop(ctx context.Context, base string) (*shop, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &shop{url: "http://walks.localhost" + l.Addr().String()[strings.LastIndex(l.Addr().String(), ":"):], done: make(chan error, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		lang := "en"
		if strings.HasPrefix(r.Header.Get("Accept-Language"), "zh") {
			lang = "zh"
		}
		t := shopWords[lang]
		// The reader is gone if this fails.
		_ = front.Execute(w, map[string]string{"Lang": lang, "Script": base + "/browser/club/avow.js", "Title": t[0], "Text": t[1], "Link": t[2], "Open": t[3]})
	})
	mux.HandleFunc("GET /shop.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		_, _ = w.Write([]byte(look)) // as above
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { s.done <- s.server.Serve(l) }()
	return s, nil
}

func (s *shop) close() error {
	err := s.server.Close()
	<-s.done // ErrServerClosed, always
	return err
}
