/// Rules that many kinds share: names, labels, metadata. Each check returns all that is wrong, in the API's words.
@NullMarked
package io.jubernetes.apiserver.validation;

import org.jspecify.annotations.NullMarked;
