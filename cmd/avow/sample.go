package main

import (
	"strings"

	"avow.dev"
)

// sample is a made-up value of a datum, "" where the demo has none. Names under
// .example and numbers of this form belong to nobody.
func (s *story) sample(d avow.Datum, who string) string {
	info, ok := s.program.Datum(d)
	if !ok {
		return ""
	}
	v := map[string]string{
		"text": "made-up", "email": who + "@mail.example", "phone": phoneOf(who), "number": "42", "date": "1990-05-17", "location": "31.2304,121.4737",
		"ip": "192.0.2.17", "json": `{"made":"up"}`, "password": "a long made-up passphrase of " + who, "": "made-up",
	}[info.Type]
	if info.Grammar != nil && !info.Grammar.MatchString(v) {
		return fitting(info.Grammar.MatchString)
	}
	return v
}

func phoneOf(who string) string {
	return "1390000" + strings.Repeat(string(rune('0'+len(people())%10)), 3) + string(rune('0'+who[0]%10))
}

// fitting finds a value that a grammar takes, among some that are usual.
func fitting(takes func(string) bool) string {
	for _, v := range []string{"123456", "12345678", "86-13900001111", "1", "0", "ABC123", "00:1A:2B:3C:4D:5E", "490154203237518", "11010519491231002X", "zh-CN", "1.2.3", "ios"} {
		if takes(v) {
			return v
		}
	}
	return ""
}
