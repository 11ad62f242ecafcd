/// Keys and certificates of a cluster: reading and writing PEM, a certificate authority, self-signed serving
/// certificates. Private keys are written with file mode 0600.
@NullMarked
package io.jubernetes.common.pki;

import org.jspecify.annotations.NullMarked;
