// Package cookies keeps the promises of a policy about cookies, pixels and
// other trackers on the operator's own sites.
//
// [Of] reads them from a policy. [Register.Guard] is middleware: cookies that the
// policy does not declare, or that the person has not agreed to, reach neither
// the site nor the browser; the others get the attributes that the policy
// declares, and no value that does not have the declared form. It also sends a
// Content-Security-Policy, a Permissions-Policy and a Referrer-Policy that let
// through what the policy names and nothing else.
//
// What a person chose stands in one cookie of the site, [ChoiceCookie], which the
// browser script writes. It is read on each request and kept nowhere else: the
// evidence of the choice is with Avow.
package cookies
