/// The Pod Security Standards as an admission plugin. Start at PodSecurity, which reads a namespace's labels
/// and decides what a violation leads to; Standard holds the checks of the levels baseline and restricted, by
/// version.
@NullMarked
package io.jubernetes.apiserver.admission.podsecurity;

import org.jspecify.annotations.NullMarked;
