package cookies

import (
	"encoding/json"
	"net/http"
	"net/url"

	"avow.dev"
	"avow.dev/policy"
)

// ChoiceCookie is the cookie in which a site remembers what the person chose. A
// policy that has the browser script must declare it, like any other cookie.
const ChoiceCookie = policy.ChoiceCookie

// Said is what a person said about trackers, as one request shows it. The zero
// Said is somebody who has not chosen.
type Said struct {
	Decided bool // they chose, under what is asked today
	Given   []avow.Choice
	GPC     bool // the browser sends the Global Privacy Control signal
	// Outweighed says that they chose while the signal was sent, so that what they
	// gave is the later word.
	Outweighed bool
}

// choice is the form of the cookie.
type choice struct {
	Categories []avow.Choice `json:"categories"`
	Revision   uint32        `json:"revision"`
	Data       struct {
		GPC bool `json:"gpc"`
	} `json:"data"`
}

// mostChoice bounds the cookie; browsers keep no more than 4096 bytes.
const mostChoice = 4096

// Said reads a request. A cookie that cannot be read, or that answers another
// question than the one asked today, says nothing.
func (r *Register) Said(req *http.Request) Said {
	s := Said{GPC: req.Header.Get("Sec-GPC") == "1"}
	c, err := req.Cookie(ChoiceCookie)
	if err != nil || len(c.Value) > mostChoice {
		return s
	}
	text, err := url.PathUnescape(c.Value)
	if err != nil {
		return s
	}
	var in choice
	if err := json.Unmarshal([]byte(text), &in); err != nil || in.Revision != r.revision {
		return s
	}
	s.Decided, s.Given, s.Outweighed = true, in.Categories, in.Data.GPC
	return s
}
