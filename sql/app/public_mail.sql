-- public_mail: domains at which anybody can get a mailbox, so that no workspace can claim their people.
--
-- Source: what each provider says on its own sign-up or help page about the domains that it gives addresses at; facts
-- only, a line a provider. A domain that isn't here is still safe: to claim it takes a record in its DNS.
set local role mr_owner;

-- app.public_mail() -> those domains.
create or replace function app.public_mail()
returns text[]
language sql immutable parallel safe
return string_to_array(
	-- Google
	'gmail.com googlemail.com '
	-- Microsoft, with the country domains of its older services
	|| 'outlook.com hotmail.com live.com msn.com passport.com windowslive.com hotmail.co.uk hotmail.de hotmail.es hotmail.fr '
	|| 'hotmail.it hotmail.nl hotmail.be hotmail.se hotmail.no hotmail.dk hotmail.gr hotmail.ca hotmail.com.ar hotmail.com.br '
	|| 'hotmail.com.tr hotmail.co.jp hotmail.co.th live.co.uk live.de live.fr live.it live.nl live.be live.se live.no live.dk '
	|| 'live.ca live.at live.ie live.jp live.com.au live.com.ar live.com.mx live.com.pt live.co.za live.cl live.cn outlook.de '
	|| 'outlook.fr outlook.es outlook.it outlook.at outlook.be outlook.dk outlook.ie outlook.jp outlook.kr outlook.pt outlook.sg '
	|| 'outlook.cl outlook.cz outlook.hu outlook.in outlook.ph outlook.sa outlook.co.id outlook.co.th outlook.com.ar '
	|| 'outlook.com.au outlook.com.br outlook.com.gr outlook.com.tr outlook.com.vn '
	-- Apple
	|| 'icloud.com me.com mac.com '
	-- Yahoo and what belongs to it
	|| 'yahoo.com ymail.com rocketmail.com myyahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.ca yahoo.com.au yahoo.com.br '
	|| 'yahoo.com.ar yahoo.com.mx yahoo.co.in yahoo.in yahoo.co.id yahoo.com.sg yahoo.com.hk yahoo.com.tw yahoo.com.ph '
	|| 'yahoo.com.vn yahoo.co.nz yahoo.co.za yahoo.co.th yahoo.se yahoo.no yahoo.dk yahoo.nl yahoo.be yahoo.ie yahoo.gr yahoo.pl '
	|| 'yahoo.ro yahoo.at yahoo.cz yahoo.hu yahoo.com.tr yahoo.co.il yahoo.co.jp aol.com aim.com verizon.net aol.co.uk aol.de aol.fr '
	-- Proton, Tuta, Fastmail, Zoho, HEY, Mailbox.org, Posteo, Runbox, Startmail, Disroot, Riseup, Mailfence, Hushmail
	|| 'proton.me pm.me protonmail.com protonmail.ch tuta.com tutanota.com tutanota.de tutamail.com tuta.io keemail.me '
	|| 'fastmail.com fastmail.fm sent.com zoho.com zohomail.com zohomail.eu hey.com mailbox.org posteo.de posteo.net posteo.org '
	|| 'runbox.com startmail.com disroot.org riseup.net mailfence.com hushmail.com hush.com hush.ai mailhaven.com '
	-- GMX, WEB.DE, mail.com and the best known of its names
	|| 'gmx.com gmx.net gmx.de gmx.at gmx.ch gmx.us gmx.co.uk gmx.fr gmx.es web.de mail.com email.com usa.com post.com europe.com '
	|| 'asia.com iname.com writeme.com engineer.com consultant.com myself.com dr.com techie.com cheerful.com '
	-- Germany, Austria, Switzerland
	|| 't-online.de magenta.de freenet.de arcor.de online.de vodafone.de aon.at chello.at bluewin.ch hispeed.ch sunrise.ch '
	-- France, Belgium, the Netherlands
	|| 'orange.fr wanadoo.fr free.fr sfr.fr neuf.fr laposte.net bbox.fr numericable.fr skynet.be telenet.be proximus.be ziggo.nl '
	|| 'kpnmail.nl planet.nl xs4all.nl home.nl hetnet.nl casema.nl '
	-- Italy, Spain, Portugal, Greece
	|| 'libero.it virgilio.it alice.it tim.it tin.it tiscali.it inwind.it iol.it fastwebnet.it poste.it telefonica.net '
	|| 'sapo.pt iol.pt otenet.gr forthnet.gr '
	-- Britain and Ireland
	|| 'btinternet.com btopenworld.com sky.com talktalk.net virginmedia.com ntlworld.com blueyonder.co.uk tiscali.co.uk eircom.net '
	-- The north
	|| 'telia.com comhem.se bredband.net online.no getmail.no mail.dk jubii.dk elisanet.fi kolumbus.fi luukku.com suomi24.fi '
	-- The east
	|| 'wp.pl o2.pl onet.pl onet.eu op.pl interia.pl interia.eu poczta.onet.pl gazeta.pl vp.pl tlen.pl seznam.cz email.cz post.cz '
	|| 'centrum.cz centrum.sk azet.sk zoznam.sk freemail.hu citromail.hu abv.bg mail.bg dir.bg inbox.lv one.lt mail.ee ukr.net '
	|| 'i.ua meta.ua bigmir.net mail.ru bk.ru inbox.ru list.ru internet.ru yandex.ru yandex.com ya.ru yandex.by yandex.kz yandex.ua '
	|| 'rambler.ru lenta.ru autorambler.ru tut.by '
	-- Turkey, Israel, South Africa
	|| 'mynet.com walla.co.il walla.com netvision.net.il mweb.co.za webmail.co.za telkomsa.net '
	-- India, China, Japan, Korea, Vietnam
	|| 'rediffmail.com rediff.com sify.com qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com 139.com 189.cn '
	|| 'aliyun.com tom.com 21cn.com docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp ocn.ne.jp '
	|| 'excite.co.jp naver.com daum.net hanmail.net kakao.com nate.com '
	-- The Americas
	|| 'comcast.net xfinity.com att.net sbcglobal.net bellsouth.net cox.net charter.net spectrum.net earthlink.net juno.com '
	|| 'netzero.net optonline.net frontier.com windstream.net centurylink.net roadrunner.com rogers.com shaw.ca sympatico.ca bell.net '
	|| 'telus.net videotron.ca uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com r7.com prodigy.net.mx '
	|| 'fibertel.com.ar arnet.com.ar speedy.com.ar '
	-- Australia, New Zealand
	|| 'bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au internode.on.net xtra.co.nz '
	-- Relays of addresses, and mailboxes for minutes
	|| 'duck.com mozmail.com privaterelay.appleid.com simplelogin.com anonaddy.com mailinator.com guerrillamail.com yopmail.com '
	|| '10minutemail.com temp-mail.org trashmail.com maildrop.cc', ' ');
revoke all on function app.public_mail() from public;
grant execute on function app.public_mail() to mr_api;
