/// Ranges of Service addresses: says when one is ready, and keeps one that is deleted while addresses of it are in
/// use.
@NullMarked
package io.jubernetes.controllermanager.servicecidr;

import org.jspecify.annotations.NullMarked;
