/// Checks the expressions of ValidatingAdmissionPolicies against the types they are about, and writes what it
/// finds into their status. Start at [PolicyStatusController]; [TypeChecker] has the rule. The API server lets
/// policies in whose expressions do not fit the matched kinds, because one policy may match many; this is where
/// their author learns it.
@NullMarked
package io.jubernetes.controllermanager.policystatus;

import org.jspecify.annotations.NullMarked;
