package prove

import (
	"encoding/json"
	"net/http"
)

// staff are the controller's people as they are signed in at one engine.
type staff struct {
	at     Engine
	tokens map[string]string
}

// as sends to the door as one of the controller's people.
func (s *stage) as(who, op string, body any) (*answer, error) {
	if s.staff.at != s.engine { // it was started again
		s.staff = staff{s.engine, make(map[string]string)}
	}
	token := s.staff.tokens[who]
	if token == "" {
		var err error
		if token, err = s.engine.TokenOf(s.ctx, who); err != nil {
			return nil, err
		}
		s.staff.tokens[who] = token
	}
	return s.withToken(token, op, body)
}

// again sends as somebody through another token of theirs.
func (s *stage) again(who, op string, body any) (*answer, error) {
	token, err := s.engine.TokenOf(s.ctx, who)
	if err != nil {
		return nil, err
	}
	return s.withToken(token, op, body)
}

func (s *stage) withToken(token, op string, body any) (*answer, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return s.doWith(token, http.MethodPost, "/v1/"+s.text.Policy.Text+"/"+op, raw)
}
