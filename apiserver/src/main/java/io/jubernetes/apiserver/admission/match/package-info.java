/// Which requests a webhook or policy is asked about, and how it sees them: rules, selectors and
/// conditions, the version of the object, and the variables of expressions. Start at
/// [io.jubernetes.apiserver.admission.match.Matching]; used by `admission.webhook` and
/// `admission.policy`.
@NullMarked
package io.jubernetes.apiserver.admission.match;

import org.jspecify.annotations.NullMarked;
