/// ValidatingAdmissionPolicy and MutatingAdmissionPolicy at work: policies with their bindings,
/// compiled as they change ([io.jubernetes.apiserver.admission.policy.Policies]), the objects that
/// hold their parameters, and the two plugins that put them to requests. The plugins belong into the
/// admission chain; nothing else is used from outside.
@NullMarked
package io.jubernetes.apiserver.admission.policy;

import org.jspecify.annotations.NullMarked;
